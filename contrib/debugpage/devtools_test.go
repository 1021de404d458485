package debugpage

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// A browser is a headless Chromium and one tab of it, driven by its DevTools protocol
// over a pipe: JSON messages that end in a zero byte.
type browser struct {
	g       Gomega
	ctx     context.Context
	in      *os.File
	out     *bufio.Reader
	session string
	id      int
}

// startBrowser starts Chromium, which ends with the test. It skips the test if there is
// none.
func startBrowser(t *testing.T) *browser {
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("needs Debian's package chromium: ", err)
	}
	g := NewWithT(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	commands, in, err := os.Pipe()
	g.Expect(err).NotTo(HaveOccurred())
	out, replies, err := os.Pipe()
	g.Expect(err).NotTo(HaveOccurred())
	p := exec.CommandContext(ctx, program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
		"--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking", "--hide-scrollbars",
		"--user-data-dir="+t.TempDir(), "--remote-debugging-pipe", "about:blank")
	p.ExtraFiles = []*os.File{commands, replies} // descriptors 3 and 4
	p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.Cancel = func() error { return syscall.Kill(-p.Process.Pid, syscall.SIGKILL) }
	g.Expect(p.Start()).To(Succeed())
	commands.Close()
	replies.Close()
	b := &browser{g: g, ctx: ctx, in: in, out: bufio.NewReader(out)}
	t.Cleanup(func() {
		b.session = ""
		b.send("Browser.close", nil)
		p.Wait() // the error does not matter: the pipe may have been closed first
		in.Close()
		out.Close()
	})
	stop := context.AfterFunc(ctx, func() { out.SetReadDeadline(time.Now()) })
	t.Cleanup(func() { stop() })
	b.open()
	return b
}

// open attaches to a new tab.
func (b *browser) open() {
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	b.call("Page.enable", nil, nil)
}

func (b *browser) send(method string, params any) {
	b.id++
	m := map[string]any{"id": b.id, "method": method}
	if params != nil {
		m["params"] = params
	}
	if b.session != "" {
		m["sessionId"] = b.session
	}
	text, err := json.Marshal(m)
	b.g.Expect(err).NotTo(HaveOccurred())
	_, err = b.in.Write(append(text, 0))
	b.g.Expect(err).NotTo(HaveOccurred())
}

// call sends a command and decodes its result, if result is not nil.
func (b *browser) call(method string, params, result any) {
	b.send(method, params)
	for {
		text, err := b.out.ReadBytes(0)
		b.g.Expect(err).NotTo(HaveOccurred(), "Chromium did not reply to %s", method)
		var reply struct {
			ID     int
			Error  *struct{ Message string }
			Result json.RawMessage
		}
		b.g.Expect(json.Unmarshal(text[:len(text)-1], &reply)).To(Succeed())
		if reply.ID != b.id {
			continue // an event
		}
		b.g.Expect(reply.Error).To(BeNil(), method)
		if result != nil {
			b.g.Expect(json.Unmarshal(reply.Result, result)).To(Succeed())
		}
		return
	}
}

// visit loads url in a window of that width, with that color scheme.
func (b *browser) visit(url string, width int, scheme string) {
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{
		"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}},
	}, nil)
	b.call("Page.navigate", map[string]any{"url": url}, nil)
	b.eventually(`document.readyState === "complete" && location.href === `+fmt.Sprintf("%q", url), true)
}

// eval returns the value of a JavaScript expression, awaited if it is a promise.
func (b *browser) eval(expression string) any {
	var r struct {
		Result           struct{ Value any }
		ExceptionDetails any
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &r)
	b.g.Expect(r.ExceptionDetails).To(BeNil(), expression)
	return r.Result.Value
}

// eventually waits until the expression has the value.
func (b *browser) eventually(expression string, value any) {
	b.g.Eventually(b.ctx, func() any { return b.eval(expression) }).WithTimeout(20*time.Second).Should(Equal(value), expression)
}

// screenshot writes the whole page to a file.
func (b *browser) screenshot(path string) {
	var shot struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true}, &shot)
	image, err := base64.StdEncoding.DecodeString(shot.Data)
	b.g.Expect(err).NotTo(HaveOccurred())
	b.g.Expect(os.WriteFile(path, image, 0o644)).To(Succeed())
}
