package result

import (
	"fmt"
	"slices"
	"strings"
)

// A Finding is one sentence of what a result means.
type Finding struct{ About, Text string }

// Meaning returns the five sentences that a report begins with, of those whose
// cells were measured, and what the others are about.
func Meaning(r *Result) (found []Finding, missing []string) {
	for _, f := range []Finding{
		{"Single calls", singleCalls(r)},
		{"Readers", readers(r)},
		{"Batches", batches(r)},
		{"Sweep", sweep(r)},
		{"Memory", memory(r)},
	} {
		if f.Text == "" {
			missing = append(missing, strings.ToLower(f.About))
		} else {
			found = append(found, f)
		}
	}
	return found, missing
}

func singleCalls(r *Result) string {
	c, _ := r.find("mixed", "reads=90", "callers=1")
	all := c.each("time", "mutexstore", "actor", "rwmap", "otter")
	if all == "" {
		return ""
	}
	return "With one caller and nine reads to a write, a call takes " + all + c.versus("actor", "mutexstore") + "."
}

func readers(r *Result) string {
	c := r.first("mixed", []string{"reads=100", "callers=8"}, []string{"reads=90", "callers=8"})
	all := c.each("time", "mutexstore", "actor", "rwmap", "otter")
	if all == "" {
		return ""
	}
	what := "that only read"
	if c.Param("reads") == "90" {
		what = "and nine reads to a write"
	}
	return fmt.Sprintf("With 8 callers %s, a call takes %s%s.", what, all, c.versus("mutexstore", "rwmap"))
}

// largestBatch returns the cells of single writes and of the largest batch, by
// the fewest callers.
func largestBatch(r *Result) (single, batch Cell, ok bool) {
	for _, s := range r.Series("batch") {
		if slices.Contains(s.Fixed, Param{"op", "SetMany"}) && s.Cells[0].Param("batch") == "1" {
			return s.Cells[0], s.Cells[len(s.Cells)-1], true
		}
	}
	return Cell{}, Cell{}, false
}

func batches(r *Result) string {
	single, batch, _ := largestBatch(r)
	one, many := single.each("time", "mutexstore", "actor"), batch.each("time", "mutexstore", "actor")
	if one == "" || many == "" {
		return ""
	}
	return fmt.Sprintf("In %s, a write takes %s for each key; one at a time, it takes %s.", Param{"batch", batch.Param("batch")}.words(), many, one)
}

func sweep(r *Result) string {
	c, ok := r.find("latency", "sweep=yes")
	if !ok {
		return ""
	}
	all := c.each(c.metricEndingIn("p99.9"), "mutexstore", "actor", "rwmap", "otter")
	if all == "" {
		return ""
	}
	return fmt.Sprintf("While expired entries are swept, at %s, one read in a thousand takes longer than %s.", Param{"rate", c.Param("rate")}.words(), all)
}

func memory(r *Result) string {
	c, _ := r.find("storm")
	entry, left := c.each("entry", "mutexstore", "actor", "rwmap", "otter"), c.each("left", "mutexstore", "actor", "rwmap", "otter")
	if entry == "" || left == "" {
		return ""
	}
	return fmt.Sprintf("An entry takes %s; at most a second after all have expired, what is still held of the peak is %s.", entry, left)
}

// find returns the first cell of a workload that has all of params, each written
// name=value.
func (r *Result) find(workload string, params ...string) (Cell, bool) {
	i := slices.IndexFunc(r.Cells, func(c Cell) bool {
		return c.Workload == workload && !slices.ContainsFunc(params, func(p string) bool {
			name, value, _ := strings.Cut(p, "=")
			return c.Param(name) != value
		})
	})
	if i < 0 {
		return Cell{}, false
	}
	return r.Cells[i], true
}

// metricEndingIn returns the first metric whose last word is word: "read p99.9"
// for p99.9.
func (c Cell) metricEndingIn(word string) string {
	for _, m := range c.Metrics() {
		if m == word || strings.HasSuffix(m, " "+word) {
			return m
		}
	}
	return ""
}

// each lists a metric of those implementations that were measured, such as
// "66.9 ns in mutexstore and 421 ns in actor".
func (c Cell) each(metric string, implementations ...string) string {
	var all []string
	for _, name := range implementations {
		row, _ := c.Row(name)
		if m, ok := row.Metric(metric); ok {
			all = append(all, m.Amount()+" in "+name)
		}
	}
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	last := len(all) - 1
	return strings.Join(all[:last], ", ") + " and " + all[last]
}

// versus compares the times of a and b, or is empty if one was not measured.
func (c Cell) versus(a, b string) string {
	e, ok := c.Ratio(a, b, timeMetric)
	switch {
	case !ok:
		return ""
	case e.ShowsNoDifference():
		return fmt.Sprintf("; no difference shown between %s and %s", a, b)
	}
	return fmt.Sprintf("; %s takes %s times as long as %s", a, Figure(e.Value), b)
}
