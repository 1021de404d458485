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

// browse opens the canned report in a headless Chromium, or skips the test if none
// is installed. complaints returns the browser's errors and console messages.
func browse(t *testing.T) (ctx context.Context, complaints func() []string) {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium, which shows the report, is not installed; Debian has a package of that name")
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
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
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
	drawn := ask[[]chart](t, ctx, `[...document.querySelectorAll("figure")].map(f => ({
		Title: f.querySelector("h3").textContent,
		Marks: f.querySelectorAll("svg .mark").length,
		Width: Math.round(f.querySelector("svg").getBoundingClientRect().width),
		Rows: f.querySelectorAll("tbody tr").length,
	}))`)
	g.Expect(drawn).To(HaveLen(charts))
	for _, c := range drawn {
		g.Expect(c.Rows).To(BeNumerically(">=", 2), c.Title)
		g.Expect(c.Marks).To(BeNumerically(">=", c.Rows), "%s: marks for %d rows", c.Title, c.Rows)
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
	for _, width := range []int64{1200, 390} {
		g.Expect(chromedp.Do(ctx, chromedp.EmulateViewport(width, 844))).To(Succeed())
		g.Expect(ask[[]string](t, ctx, collisions)).To(BeEmpty(), "labels that overlap or are cut, %d pixels wide", width)
	}
	g.Expect(ink("light")).To(Equal("rgb(0, 0, 0)"))
	g.Expect(ink("dark")).To(Equal("rgb(255, 255, 255)"))
	g.Expect(complaints()).To(BeEmpty())
}

// collisions lists the labels of charts that overlap other labels or marks, or lie
// outside their chart. The number of a stage is meant to be on its mark.
const collisions = `[...document.querySelectorAll("figure")].flatMap(f => {
	const all = (s) => [...f.querySelectorAll("svg " + s)].map(e => ({e, r: e.getBoundingClientRect()}));
	const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.5;
	const svg = {r: f.querySelector("svg").getBoundingClientRect()}, texts = all("text"), marks = all(".mark"), found = [];
	const report = (a, what) => found.push(f.querySelector("h3").textContent + ": " + a.e.textContent + " " + what);
	texts.forEach((a, i) => {
		if (a.r.left < svg.r.left - 1 || a.r.right > svg.r.right + 1 || a.r.top < svg.r.top - 1 || a.r.bottom > svg.r.bottom + 1) report(a, "is cut");
		texts.slice(i + 1).filter(b => meet(a.r, b.r)).forEach(b => report(a, "overlaps " + b.e.textContent));
		if (!a.e.classList.contains("number")) marks.filter(m => meet(a.r, m.r)).forEach(() => report(a, "overlaps a mark"));
	});
	return found;
})`
