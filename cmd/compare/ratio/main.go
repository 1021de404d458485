// Command ratio measures the sharded lock against the best third-party cache, in
// turn within one process, and prints medians and their ratios beside the
// goals. It is a part of make bench-ratio.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"text/tabwriter"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
	"github.com/lastmodstore/lastmodstore/cmd/compare/runner"
	"github.com/lastmodstore/lastmodstore/cmd/compare/workload"
)

// shards is how many the lock has: a few, and so many that callers seldom meet.
var shards = []int{16, 64}

// apart is the third-party cache that promises less than the others, and so is no measure:
// it keeps hashes instead of keys and may drop writes.
const apart = "ristretto"

func main() {
	flags := flag.NewFlagSet("ratio", flag.ExitOnError) // the packages imported have flags of their own
	rounds := flags.Int("rounds", 9, "how often each implementation is measured; the medians count")
	flags.Parse(os.Args[1:])
	if flags.NArg() > 0 || *rounds < 1 {
		fmt.Fprintln(os.Stderr, "ratio: takes no arguments but -rounds N with N at least 1")
		os.Exit(2)
	}
	var r result.Result
	u := runner.Runner{Implementations: implementations(), Workloads: []workload.Workload{{Cells: cells}}, Rounds: *rounds, Progress: runner.NewLines(os.Stderr)}
	if err := u.Run(context.Background(), &r); err != nil {
		fmt.Fprintln(os.Stderr, "ratio:", err)
		os.Exit(1)
	}
	fmt.Printf("%s, %s/%s, GOMAXPROCS=%d, medians of %d rounds\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), *rounds)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	floor := implementation.ShardedMap(slices.Max(shards)).Name
	fmt.Fprintln(w, "figure\tmeasured\tbest third-party cache\tratio\tinterval\tgoal\t"+floor+"\t"+apart+"\t")
	for _, n := range shards {
		for _, c := range r.Cells {
			fmt.Fprintln(w, line(c, implementation.ShardedMutex(n).Name, floor))
		}
	}
	w.Flush()
}

func thirdParty() []implementation.Implementation {
	return slices.DeleteFunc(implementation.All(), func(c implementation.Implementation) bool { return c.Kind != "third-party cache" })
}

func implementations() []implementation.Implementation {
	all := append(thirdParty(), implementation.ShardedMap(slices.Max(shards)))
	for _, n := range shards {
		all = append(all, implementation.ShardedMutex(n))
	}
	return all
}

func cells(p workload.Plan) []workload.Cell {
	var all []workload.Cell
	for _, reads := range []int{100, 90, 0} {
		for _, callers := range []int{2, 16} {
			for _, keys := range []int{1000, 100_000} {
				all = append(all, workload.Mixed(p, reads, callers, keys))
			}
		}
	}
	return all
}

// goal is the ratio to stay at or below.
func goal(c result.Cell) float64 {
	if c.Param("reads") == "0" {
		return 0.8
	}
	return 1
}

func line(c result.Cell, engine, floor string) string {
	time := func(name string) float64 {
		row, _ := c.Row(name)
		m, _ := row.Metric("time")
		return result.Median(m.Samples)
	}
	best := ""
	for _, r := range thirdParty() {
		if r.Name != apart && (best == "" || time(r.Name) < time(best)) {
			best = r.Name
		}
	}
	ratio, _ := c.Ratio(engine, best, "time")
	verdict := fmt.Sprintf("<= %.1f", goal(c))
	if ratio.Value > goal(c) {
		verdict += " MISSED"
	}
	return fmt.Sprintf("%s reads=%s%% callers=%s keys=%s\t%.1f ns\t%s %.1f ns\t%.2f\t%.2f to %.2f\t%s\t%.1f ns\t%.1f ns\t",
		engine, c.Param("reads"), c.Param("callers"), c.Param("keys"), time(engine), best, time(best),
		ratio.Value, ratio.Low, ratio.High, verdict, time(floor), time(apart))
}
