package result

import (
	"fmt"
	"io"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// WriteBench writes the samples of r in the format that benchstat reads: a line
// for each implementation and round. To compare, run benchstat -col /engine.
func WriteBench(w io.Writer, r *Result) error {
	b := benchfmt.NewWriter(w)
	config := []benchfmt.Config{
		{Key: "goos", Value: []byte(r.Machine.OS)},
		{Key: "goarch", Value: []byte(r.Machine.Arch)},
		{Key: "cpu", Value: []byte(r.Machine.CPU)},
		{Key: "goversion", Value: []byte(r.Machine.Go)},
		{Key: "commit", Value: []byte(r.Commit)},
		{Key: "seed", Value: fmt.Append(nil, r.Seed)},
		{Key: "command", Value: []byte(strings.Join(r.Command, " "))},
	}
	for i := range config {
		config[i].File = true
	}
	for _, c := range r.Cells {
		for _, row := range c.Rows {
			for round := range r.Rounds {
				values := row.round(round)
				if len(values) == 0 {
					continue
				}
				if err := b.Write(&benchfmt.Result{
					Config: config,
					Name:   benchfmt.Name(benchName(c, row, r.Machine.GOMAXPROCS)),
					Iters:  1,
					Values: values,
				}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// benchName returns a name such as Mixed/reads=90/engine=actor-2.
func benchName(c Cell, row Row, procs int) string {
	name := strings.ToUpper(c.Workload[:1]) + c.Name()[1:] + "/engine=" + row.Implementation
	return fmt.Sprintf("%s-%d", strings.ReplaceAll(name, " ", "_"), procs)
}

// round returns the values of one round. The first metric of a unit is named by
// the unit alone, later ones by their name and the unit.
func (r Row) round(i int) []benchfmt.Value {
	var values []benchfmt.Value
	for _, m := range r.Metrics {
		if i >= len(m.Samples) {
			continue
		}
		unit := strings.ReplaceAll(m.Unit, " ", "-")
		for _, v := range values {
			if v.Unit == unit {
				unit = strings.ReplaceAll(m.Name, " ", "-") + "-" + unit
			}
		}
		values = append(values, benchfmt.Value{Value: m.Samples[i], Unit: unit})
	}
	return values
}
