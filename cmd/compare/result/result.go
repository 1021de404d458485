// Package result holds the result of a run of compare: the raw samples of every
// round, the machine they were measured on, and the statistics derived from them.
package result

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A Result is one run, complete or interrupted.
type Result struct {
	Machine         Machine          `json:"machine"`
	Command         []string         `json:"command"` // exactly as it was run
	Commit          string           `json:"commit"`  // of the project; ends in "+changes" if the tree was not clean
	Started         time.Time        `json:"started"`
	Took            time.Duration    `json:"took_ns"`
	Seed            uint64           `json:"seed"`
	Rounds          int              `json:"rounds"`
	Interrupted     bool             `json:"interrupted,omitempty"`
	Implementations []Implementation `json:"implementations"`
	Checks          []Check          `json:"checks"`
	LeftOut         []LeftOut        `json:"left_out"`
	Cells           []Cell           `json:"cells"`
}

// A Machine describes the computer that the run was measured on.
type Machine struct {
	OS         string `json:"os"`
	Arch       string `json:"arch"`
	CPU        string `json:"cpu"`
	Cores      int    `json:"cores"`
	GOMAXPROCS int    `json:"gomaxprocs"`
	Go         string `json:"go"`
	LoadBefore string `json:"load_before"` // 1, 5 and 15 minutes; empty where the system does not report it
	LoadAfter  string `json:"load_after"`
}

// An Implementation is one store that is measured.
type Implementation struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`    // engine, baseline or third-party cache
	Version string `json:"version"` // of a third-party cache
	About   string `json:"about"`   // how it was set up
}

// A Check is a linearizability check that an engine passed before it was timed.
type Check struct {
	Implementation string `json:"implementation"`
	Histories      int    `json:"histories"`
}

// A LeftOut is an implementation that a workload did not measure, and why.
type LeftOut struct {
	Workload       string `json:"workload"`
	Implementation string `json:"implementation"`
	Reason         string `json:"reason"`
}

// A Cell is one workload with one choice of parameters. Each round measured every
// implementation once, so the samples of one round belong together.
type Cell struct {
	Workload string  `json:"workload"`
	Params   []Param `json:"params"`
	Baseline string  `json:"baseline"` // the implementation that ratios refer to
	Rows     []Row   `json:"rows"`
}

// A Param is one parameter, such as callers=8.
type Param struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Row holds what was measured of one implementation in a cell.
type Row struct {
	Implementation string   `json:"implementation"`
	Metrics        []Metric `json:"metrics"`
}

// A Metric is one measured quantity, with a sample for each round.
type Metric struct {
	Name    string    `json:"name"`
	Unit    string    `json:"unit"`
	Samples []float64 `json:"samples"`
}

// Name returns the workload and the parameters, as in benchmark names.
func (c Cell) Name() string {
	name := c.Workload
	for _, p := range c.Params {
		name += "/" + p.Name + "=" + p.Value
	}
	return name
}

// Param returns the value of a parameter, or "" if c has none of that name.
func (c Cell) Param(name string) string {
	for _, p := range c.Params {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// Row returns an implementation's row and reports whether there is one.
func (c Cell) Row(implementation string) (Row, bool) {
	i := slices.IndexFunc(c.Rows, func(r Row) bool { return r.Implementation == implementation })
	if i < 0 {
		return Row{}, false
	}
	return c.Rows[i], true
}

// Metric returns a metric by name and reports whether it was measured.
func (r Row) Metric(name string) (Metric, bool) {
	i := slices.IndexFunc(r.Metrics, func(m Metric) bool { return m.Name == name })
	if i < 0 {
		return Metric{}, false
	}
	return r.Metrics[i], true
}

// Ratio returns the ratio of an implementation's metric to another's, and reports
// whether both were measured.
func (c Cell) Ratio(implementation, baseline, metric string) (Estimate, bool) {
	r, ok := c.Row(implementation)
	b, okay := c.Row(baseline)
	m, is := r.Metric(metric)
	base, isBase := b.Metric(metric)
	if !ok || !okay || !is || !isBase {
		return Estimate{}, false
	}
	return m.RatioTo(base), true
}

// Metrics returns the names of what was measured in c, in order.
func (c Cell) Metrics() []string {
	var names []string
	for _, r := range c.Rows {
		for _, m := range r.Metrics {
			if !slices.Contains(names, m.Name) {
				names = append(names, m.Name)
			}
		}
	}
	return names
}

// Cell returns a cell by name and reports whether there is one.
func (r *Result) Cell(name string) (Cell, bool) {
	i := slices.IndexFunc(r.Cells, func(c Cell) bool { return c.Name() == name })
	if i < 0 {
		return Cell{}, false
	}
	return r.Cells[i], true
}

// Workloads returns the names of the workloads that r has cells of, in order.
func (r *Result) Workloads() []string {
	var names []string
	for _, c := range r.Cells {
		if !slices.Contains(names, c.Workload) {
			names = append(names, c.Workload)
		}
	}
	return names
}

// HigherIsBetter reports whether a higher value of a metric is better.
func HigherIsBetter(metric string) bool { return strings.HasPrefix(metric, "hits") }

// Write writes r as JSON.
func (r *Result) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(r)
}

// Read reads a result that Write wrote.
func Read(from io.Reader) (*Result, error) {
	d := json.NewDecoder(from)
	d.DisallowUnknownFields()
	r := new(Result)
	if err := d.Decode(r); err != nil {
		return nil, fmt.Errorf("this is not a result of compare: %w", err)
	}
	return r, nil
}
