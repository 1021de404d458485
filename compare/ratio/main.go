// Command ratio measures the engines and their baselines in alternating rounds
// within one process and prints medians, their ratios and the goals. Run it by
// make bench-ratio.
//
// With -versus FILE it compares itself with an older build, whose figures have the
// same names: the two programs run in turn.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/lastmodstore/lastmodstore/compare/ratio/figure"
)

func main() {
	err := figure.Run(os.Stdout, os.Stderr, os.Args[1:], []figure.Suite{
		suite("calls", calls), suite("batches", batches), suite("allocations", allocations),
		suite("locks", locks), suite("sharded", sharded), suite("sweeps", sweeps), suite("memory", memory),
		suite("scaling", scaling), suite("feeds", feeds), suite("contention", contention),
		suite("plain", plain), suite("weight", weight),
	})
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "ratio:", err)
		os.Exit(2)
	}
}

// slower is how much slower than an older build the actor may be.
const slower = 1.05

// suite adds the goal that every figure of the actor has, sharded or not.
func suite(name string, figures func(rounds int) []figure.Figure) figure.Suite {
	return figure.Suite{Name: name, Figures: func(rounds int) ([]figure.Figure, error) {
		all := figures(rounds)
		for i, f := range all {
			if strings.Contains(f.Name, "actor ") && f.VersusOld == figure.NoGoal {
				all[i] = f.Versus(slower)
			}
		}
		return all, nil
	}}
}
