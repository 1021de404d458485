package report_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/cmd/compare/report"
)

// browse opens the canned report in a headless Chromium, or skips the test where
// there is none. complaints are the errors and console messages of the browser.
func browse(t *testing.T) (ctx context.Context, complaints func() []string) {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium to show the report; Debian has it in a package of that name")
	}
	page := filepath.Join(t.TempDir(), "report.html")
	f, err := os.Create(page)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Write(f, canned(t)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // starts the browser, before there is a deadline
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)

	var mu sync.Mutex
	var all []string
	complain := func(text string) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, text)
	}
	listening := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			complain(e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			complain(string(e.Type))
		case *log.EventEntryAdded:
			complain(e.Entry.Text)
		}
	})
	if listening != nil {
		t.Fatal(listening)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+page)); err != nil {
		t.Fatal(err)
	}
	return ctx, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

// ask evaluates a script in the page.
func ask[T any](t *testing.T, ctx context.Context, script string) T {
	t.Helper()
	answer, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestPageInABrowser(t *testing.T) {
	g := NewWithT(t)
	ctx, complaints := browse(t)
	g.Expect(chromedp.Do(ctx, chromedp.EmulateViewport(390, 844))).To(Succeed())
	ask[chromedp.Void](t, ctx, `document.querySelectorAll("details").forEach(d => d.open = true)`)
	g.Expect(ask[float64](t, ctx, `document.documentElement.scrollWidth`)).To(BeNumerically("<=", 390), "it scrolls sideways on a phone")

	type chart struct {
		Title              string
		Marks, Width, Rows int
	}
	charts := ask[[]chart](t, ctx, `[...document.querySelectorAll("figure")].map(f => ({
		Title: f.querySelector("h3").textContent,
		Marks: [...f.querySelectorAll("svg path, svg circle, svg rect")].filter(m => /#[0-9A-F]{6}/.test(m.getAttribute("style"))).length,
		Width: Math.round(f.querySelector("svg").getBoundingClientRect().width),
		Rows: f.querySelectorAll("tbody tr").length,
	}))`)
	g.Expect(charts).To(HaveLen(15))
	for _, c := range charts {
		g.Expect(c.Rows).To(BeNumerically(">=", 2), c.Title)
		g.Expect(c.Marks).To(BeNumerically(">=", 2*c.Rows), "%s: marks for %d rows", c.Title, c.Rows)
		g.Expect(c.Width).To(BeNumerically(">", 250), c.Title)
	}

	ink := func(scheme string) string {
		t.Helper()
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		g.Expect(err).NotTo(HaveOccurred())
		return ask[string](t, ctx, `getComputedStyle(document.querySelector("svg text")).fill`)
	}
	g.Expect(ink("light")).To(Equal("rgb(0, 0, 0)"))
	g.Expect(ink("dark")).To(Equal("rgb(255, 255, 255)"))
	g.Expect(complaints()).To(BeEmpty())
}
