// Command ratio measures the engines against their baselines, in turn within
// one process, over several rounds, and prints medians and their ratios beside
// the goals. Run it by make bench-ratio.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"text/tabwriter"
)

func main() {
	flags := flag.NewFlagSet("ratio", flag.ExitOnError) // the packages imported have flags of their own
	only := flags.String("only", "", "measure only what this names: calls, batches, allocations, locks, sweeps, memory, scaling, feeds or contention")
	rounds := flags.Int("rounds", 9, "how often each contestant is measured; the medians count")
	flags.Parse(os.Args[1:])
	if flags.NArg() > 0 || *rounds < 1 {
		fmt.Fprintln(os.Stderr, "ratio: takes no arguments but -rounds N with N at least 1")
		os.Exit(2)
	}
	fmt.Printf("%s, %s/%s, GOMAXPROCS=%d, medians of %d rounds\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), *rounds)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "figure\tmeasured\tbaseline\tratio\tgoal\t")
	for _, m := range []struct {
		name    string
		figures func(rounds int) []figure
	}{
		{"calls", calls}, {"batches", batches}, {"allocations", allocations}, {"locks", locks}, {"sweeps", sweeps},
		{"memory", memory}, {"scaling", scaling}, {"feeds", feeds}, {"contention", contention},
	} {
		if *only != "" && *only != m.name {
			continue
		}
		for _, f := range m.figures(*rounds) {
			fmt.Fprintln(w, f)
		}
		w.Flush()
	}
}

// figure is one line of the report.
type figure struct {
	name               string
	measured, baseline float64
	unit               string
	goal               float64 // the ratio to stay at or below; 0: none
}

func (f figure) String() string {
	ratio := f.measured / f.baseline
	verdict := ""
	if f.goal > 0 {
		verdict = fmt.Sprintf("<= %.4g", f.goal)
		if ratio > f.goal {
			verdict += " MISSED"
		}
	}
	return fmt.Sprintf("%s\t%.4g %s\t%.4g %s\t%.3f\t%s\t", f.name, f.measured, f.unit, f.baseline, f.unit, ratio, verdict)
}
