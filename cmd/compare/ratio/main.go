// Command ratio measures mutexstore and third-party caches in alternating rounds
// within one process, and prints medians, their ratios and the goals. It is a part
// of make bench-ratio; it has the same flags as compare/ratio.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
	"github.com/lastmodstore/lastmodstore/cmd/compare/runner"
	"github.com/lastmodstore/lastmodstore/cmd/compare/workload"
	"github.com/lastmodstore/lastmodstore/compare/ratio/figure"
	"github.com/lastmodstore/lastmodstore/replicated/embedded/servertest"
)

func main() {
	servertest.Main() // the program is also a server of the suites of replicated stores
	err := figure.Run(os.Stdout, os.Stderr, os.Args[1:], []figure.Suite{
		{Name: "reads", Figures: reads}, {Name: "writes", Figures: writes}, {Name: "latency", Figures: latency},
		{Name: "replicated", Figures: replicatedFigures}, {Name: "failover", Figures: failover}, {Name: "million", Figures: million},
	})
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "ratio:", err)
		os.Exit(2)
	}
}

// measure returns the results of cells, in order, all for the same implementations.
func measure(cells []workload.Cell, implementations []implementation.Implementation, rounds int) ([]result.Cell, error) {
	u := runner.Runner{
		Implementations: implementations,
		Workloads:       []workload.Workload{{Cells: func(workload.Plan) []workload.Cell { return cells }}},
		Rounds:          rounds,
		Progress:        runner.NewLines(os.Stderr),
	}
	var r result.Result
	err := u.Run(context.Background(), &r)
	return r.Cells, err
}

// median returns the median of an implementation's metric, which it must have.
func median(c result.Cell, name, metric string) float64 {
	row, _ := c.Row(name)
	m, ok := row.Metric(metric)
	if !ok {
		panic(fmt.Sprintf("ratio: %s has no %s of %s", c.Name(), metric, name))
	}
	return result.Median(m.Samples)
}

// ratio returns the figure of one implementation's metric over that of another. Its
// note is the 95 % confidence interval.
func ratio(c result.Cell, title, name, base, metric, unit string, goal float64) figure.Figure {
	f := figure.Ratio(title, median(c, name, metric), median(c, base, metric), unit, goal)
	e, _ := c.Ratio(name, base, metric)
	f.Note = fmt.Sprintf("(%.2f to %.2f)", e.Low, e.High)
	return f
}
