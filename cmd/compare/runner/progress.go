package runner

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// NewBar returns a Progress for a terminal.
func NewBar(w io.Writer) Progress { return &bar{w: w} }

type bar struct {
	w io.Writer
	*progressbar.ProgressBar
}

func (b *bar) Begin(total time.Duration) {
	b.ProgressBar = progressbar.NewOptions64(max(1, total.Milliseconds()),
		progressbar.OptionSetWriter(b.w),
		progressbar.OptionSetWidth(20),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionFullWidth(),
		progressbar.OptionClearOnFinish(),
	)
}

func (b *bar) Step(what string)        { b.Describe(what) }
func (b *bar) Advance(d time.Duration) { b.Add64(d.Milliseconds()) }
func (b *bar) End()                    { b.Clear() }

// NewLines returns a Progress for an output that is no terminal: a line for each step.
func NewLines(w io.Writer) Progress { return &lines{w: w, start: time.Now()} }

type lines struct {
	w           io.Writer
	start       time.Time
	total, done time.Duration
}

func (l *lines) Begin(total time.Duration) { l.total = max(total, 1) }

func (l *lines) Step(what string) {
	fmt.Fprintf(l.w, "%6s %3d %%  %s\n", time.Since(l.start).Round(time.Second), min(100, 100*l.done/l.total), what)
}

func (l *lines) Advance(d time.Duration) { l.done += d }
func (l *lines) End()                    {}
