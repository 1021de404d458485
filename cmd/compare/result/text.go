package result

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"time"
)

// WriteText writes r for a terminal: what it means, then the tables.
func WriteText(w io.Writer, r *Result) error {
	t := &text{w: w}
	if r.Interrupted {
		t.printf("INTERRUPTED: what follows is what had been measured by then\n\n")
	}
	t.meaning(r)
	t.decisions(r)
	t.crossovers(Rank(Crossovers(r)))
	t.head(r)
	for _, c := range r.Cells {
		t.cell(c)
	}
	t.leftOut(r.LeftOut)
	t.printf("\nFigures are medians. The first column has its ratio to the baseline, with the 95 %% confidence interval.\n")
	return t.err
}

// text keeps the first error.
type text struct {
	w   io.Writer
	err error
}

func (t *text) printf(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format, args...)
	}
}

func (t *text) meaning(r *Result) {
	t.printf("What it means:\n")
	found, missing := Meaning(r)
	for _, f := range found {
		t.printf("  %s. %s\n", f.About, f.Text)
	}
	if len(missing) > 0 {
		t.printf("  (not measured: %s)\n", strings.Join(missing, ", "))
	}
}

func (t *text) decisions(r *Result) {
	t.printf("\nWhat to use:\n")
	missing := 0
	for _, d := range Decide(r) {
		if d.Because == "" {
			missing++
			continue
		}
		t.printf("  if %s: use %s\n    because %s\n", d.If, d.PlainUse(), d.Because)
	}
	if missing > 0 {
		t.printf("  (%d more in the report that -html writes; their figures were not measured)\n", missing)
	}
	t.printf("%s\n", AboutDecisions)
}

func (t *text) head(r *Result) {
	m := r.Machine
	t.printf("\n%s %s/%s, %s, %d cores, GOMAXPROCS=%d, load %s before and %s after\n", m.Go, m.OS, m.Arch, m.CPU, m.Cores, m.GOMAXPROCS, m.LoadBefore, m.LoadAfter)
	t.printf("commit %s, %s, took %v, seed %d, %d rounds\n", r.Commit, r.Started.Format(time.RFC3339), r.Took.Round(time.Second), r.Seed, r.Rounds)
	t.printf("command: %s\n", strings.Join(r.Command, " "))
	for _, c := range r.Checks {
		t.printf("checked: %s, %d histories are linearizable\n", c.Implementation, c.Histories)
	}
}

func (t *text) cell(c Cell) {
	t.printf("\n%s\n", c.Name())
	if t.err != nil {
		return
	}
	tab := tabwriter.NewWriter(t.w, 0, 0, 2, ' ', tabwriter.AlignRight)
	names := c.Metrics()
	fmt.Fprint(tab, "\t")
	for i, name := range names {
		fmt.Fprintf(tab, "%s\t", name)
		if i == 0 {
			fmt.Fprintf(tab, "vs %s\t\t", c.Baseline)
		}
	}
	fmt.Fprintln(tab)
	for _, r := range c.Rows {
		fmt.Fprintf(tab, "%s\t", r.Implementation)
		for i, name := range names {
			m, ok := r.Metric(name)
			if !ok {
				fmt.Fprint(tab, "\t")
			} else {
				fmt.Fprintf(tab, "%s %s\t", Figure(m.Typical().Value), m.Unit)
			}
			if i == 0 {
				ratio, interval := Against(c, r, name)
				fmt.Fprintf(tab, "%s\t%s\t", ratio, interval)
			}
		}
		fmt.Fprintln(tab)
	}
	t.err = tab.Flush()
}

// Against returns a row's ratio to the baseline and its interval, in words where
// there is none; both are empty for the baseline itself.
func Against(c Cell, r Row, metric string) (ratio, interval string) {
	m, ok := r.Metric(metric)
	e, okay := c.Ratio(r.Implementation, c.Baseline, metric)
	switch {
	case !ok || !okay || r.Implementation == c.Baseline:
		return "", ""
	case len(m.Samples) < 2:
		return Figure(e.Value), "measured once"
	case e.ShowsNoDifference():
		return Figure(e.Value), "no difference shown"
	}
	return Figure(e.Value), Figure(e.Low) + " to " + Figure(e.High)
}

func (t *text) crossovers(top, rest []Crossover) {
	if len(top) > 0 {
		t.printf("\nWhere one overtakes another:\n")
	}
	for _, c := range top {
		t.printf("  %v\n", c)
	}
	if len(rest) > 0 {
		t.printf("  (%d more in the report that -html writes)\n", len(rest))
	}
}

func (t *text) leftOut(all []LeftOut) {
	if len(all) > 0 {
		t.printf("\nLeft out:\n")
	}
	for _, l := range all {
		t.printf("  %s of %s: %s\n", l.Implementation, l.Workload, l.Reason)
	}
}

// Figure formats x with three significant digits.
func Figure(x float64) string {
	if x == 0 {
		return "0"
	}
	digits := 2 - int(math.Floor(math.Log10(math.Abs(x))))
	return fmt.Sprintf("%.*f", min(4, max(0, digits)), x)
}
