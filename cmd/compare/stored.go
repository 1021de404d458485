package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
	"github.com/lastmodstore/lastmodstore/cmd/compare/workload"
)

// show shows the result of -from. It returns the exit code.
func (o *options) show(stdout, stderr io.Writer) int {
	r, err := read(o.from)
	if err == nil && o.list {
		printList(stdout, enginesIn(r), workloadsIn(r))
		return ok
	}
	if err == nil {
		err = o.narrow(r)
	}
	if err == nil {
		err = o.outputs.reserve()
	}
	if err != nil {
		return complain(stderr, err, misused)
	}
	defer o.outputs.discard()
	if err := o.outputs.write(stdout, r); err != nil {
		return complain(stderr, err, failed)
	}
	return ok
}

func read(path string) (*result.Result, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := result.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// enginesIn returns what -engines can name: all implementations but those that have
// their own workload.
func enginesIn(r *result.Result) []result.Implementation {
	all := slices.DeleteFunc(slices.Clone(r.Implementations), hasOwn)
	for _, c := range r.Cells {
		for _, row := range c.Rows {
			if !workload.HasOwn(c.Workload) && !slices.ContainsFunc(all, func(i result.Implementation) bool { return i.Name == row.Implementation }) {
				all = append(all, result.Implementation{Name: row.Implementation})
			}
		}
	}
	return all
}

// workloadsIn returns what -workloads can name.
func workloadsIn(r *result.Result) []string {
	names := r.Workloads()
	for _, l := range r.LeftOut {
		if !slices.Contains(names, l.Workload) {
			names = append(names, l.Workload)
		}
	}
	return names
}

// narrow removes from r what -engines and -workloads do not name.
func (o *options) narrow(r *result.Result) error {
	var engines []string
	for _, i := range enginesIn(r) {
		engines = append(engines, i.Name)
	}
	if _, err := implementation.Find("engine", o.engines, engines); err != nil {
		return fmt.Errorf("%s: %w", o.from, err)
	}
	if _, err := implementation.Find("workload", o.workloads, workloadsIn(r)); err != nil {
		return fmt.Errorf("%s: %w", o.from, err)
	}
	r.Cells = o.cellsOf(r)
	r.Implementations = slices.DeleteFunc(r.Implementations, func(i result.Implementation) bool {
		if hasOwn(i) {
			return !slices.Contains(r.Workloads(), workload.OwnOf(i))
		}
		return !chosen(o.engines, i.Name)
	})
	r.Checks = slices.DeleteFunc(r.Checks, func(c result.Check) bool { return !chosen(o.engines, c.Implementation) })
	r.LeftOut = slices.DeleteFunc(r.LeftOut, func(l result.LeftOut) bool {
		return !chosen(o.workloads, l.Workload) || !workload.HasOwn(l.Workload) && !chosen(o.engines, l.Implementation)
	})
	if err := explainNothing(r); err != nil {
		return fmt.Errorf("%s: %w", o.from, err)
	}
	return nil
}

// cellsOf returns the cells of the chosen workloads with the rows of the chosen
// engines. A workload that is not measured by engine keeps all its rows.
func (o *options) cellsOf(r *result.Result) []result.Cell {
	var cells []result.Cell
	for _, c := range r.Cells {
		if !chosen(o.workloads, c.Workload) {
			continue
		}
		if !workload.HasOwn(c.Workload) {
			c.Rows = slices.DeleteFunc(c.Rows, func(row result.Row) bool { return !chosen(o.engines, row.Implementation) })
		}
		if len(c.Rows) == 0 {
			continue
		}
		if _, ok := c.Row(c.Baseline); !ok {
			c.Baseline = c.Rows[0].Implementation
		}
		cells = append(cells, c)
	}
	return cells
}

// hasOwn reports whether only a workload of its own measures i.
func hasOwn(i result.Implementation) bool { return workload.OwnOf(i) != "" }

func chosen(names []string, name string) bool {
	return len(names) == 0 || slices.Contains(names, name)
}

// explainNothing returns an error if there is no result, with the reasons.
func explainNothing(r *result.Result) error {
	if len(r.Cells) > 0 || r.Interrupted {
		return nil
	}
	var reasons []string
	for _, l := range r.LeftOut {
		reasons = append(reasons, fmt.Sprintf("%s of %s: %s", l.Implementation, l.Workload, l.Reason))
	}
	if reasons == nil {
		reasons = []string{"it is empty"}
	}
	return fmt.Errorf("there is no result: %s", strings.Join(reasons, "; "))
}
