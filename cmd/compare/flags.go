package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/workload"
)

// options are what the flags ask for.
type options struct {
	implementations []implementation.Implementation
	workloads       []workload.Workload
	plan            workload.Plan
	rounds          int
	histories       int
	from            string
	outputs         outputs
}

// errHelp means that what was asked for has been printed.
var errHelp = errors.New("help")

const usage = `compare measures the stores of lastmodstore, simple designs and third-party caches.

It checks each engine before it times it. Each round measures every
implementation once. It prints medians, and ratios to a baseline with their 95 % confidence
intervals. Without flags it takes about ten minutes.

Usage: compare [flags]

`

func parse(stdout io.Writer, args []string) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("compare", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	list := f.Bool("list", false, "list the engines and the workloads, and end")
	engines := f.String("engines", "", "the `names` of those that take part, with commas; all if empty")
	workloads := f.String("workloads", "", "the `names` of what is measured, with commas; all if empty")
	f.BoolVar(&o.plan.Quick, "quick", false, "fewer cells, smaller ones, and fewer rounds: less than a minute")
	f.Uint64Var(&o.plan.Seed, "seed", 1, "of keys, orders and histories")
	f.IntVar(&o.rounds, "rounds", 0, "how often each implementation is measured; 0 means 9, or 5 with -quick")
	f.IntVar(&o.histories, "histories", -1, "how many each engine is checked by before it is timed; 0 for no check, -1 for 100, or 25 with -quick")
	f.StringVar(&o.from, "from", "", "show the result in this `file`, written with -json, and measure nothing")
	f.StringVar(&o.outputs.json, "json", "", "write the raw result to `file`")
	f.StringVar(&o.outputs.bench, "bench", "", "write the samples to `file` in the format that benchstat reads")
	f.StringVar(&o.outputs.html, "html", "", "write a report with charts to `file`")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		f.SetOutput(stdout)
		f.PrintDefaults()
		return nil, errHelp
	case err != nil:
		return nil, fmt.Errorf("%w; -h explains the flags", err)
	case f.NArg() > 0:
		return nil, fmt.Errorf("it takes no arguments but flags, and there is %q; -h explains them", f.Arg(0))
	case o.rounds < 0 || o.histories < -1:
		return nil, errors.New("-rounds and -histories must not be negative")
	case *list:
		printList(stdout)
		return nil, errHelp
	}
	rounds, histories := 9, 100
	if o.plan.Quick {
		rounds, histories = 5, 25
	}
	if o.rounds == 0 {
		o.rounds = rounds
	}
	if o.histories < 0 {
		o.histories = histories
	}
	var err error
	if o.implementations, err = implementation.Choose(split(*engines)); err != nil {
		return nil, err
	}
	o.workloads, err = workload.Choose(split(*workloads))
	return o, err
}

func split(names string) []string {
	if names == "" {
		return nil
	}
	all := strings.Split(names, ",")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

func printList(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "engines:")
	for _, c := range implementation.All() {
		fmt.Fprintf(t, "  %s\t%s %s\t%s\n", c.Name, c.Kind, c.Version, c.About)
	}
	fmt.Fprintln(t, "workloads:")
	for _, w := range workload.All() {
		fmt.Fprintf(t, "  %s\t\t%s\n", w.Name, w.About)
	}
	t.Flush()
}
