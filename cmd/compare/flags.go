package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/workload"
)

// options are what the flags ask for.
type options struct {
	list               bool
	engines, workloads []string // names; none mean all
	plan               workload.Plan
	rounds             int
	histories          int
	from               string
	outputs            outputs
}

// errHelp is returned by parse when it has printed the help.
var errHelp = errors.New("help")

const usage = `compare measures the stores of lastmodstore, simple designs and third-party caches.

It checks each engine before it measures it. Each round measures every implementation
once. It prints medians, and ratios to a baseline with their 95 % confidence intervals.
Without flags it takes about ten minutes.

Usage: compare [flags]

`

// Defaults of -quick.
const quickRounds, quickHistories = 5, 25

// parse returns an error for whatever cannot be done, in one line.
func parse(stdout io.Writer, args []string) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("compare", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.BoolVar(&o.list, "list", false, "list the engines and workloads, of this program or of the file named by -from")
	engines := f.String("engines", "", "the `names` of the engines to measure or show, separated by commas; all if empty")
	workloads := f.String("workloads", "", "the `names` of the workloads to measure or show, separated by commas; if empty, all but replicated, which starts servers and is measured only if named")
	f.BoolVar(&o.plan.Quick, "quick", false, "measure fewer and smaller cells, in less than a minute")
	f.Uint64Var(&o.plan.Seed, "seed", 1, "the seed `n` of the keys, the orders and the histories")
	f.IntVar(&o.rounds, "rounds", 9, fmt.Sprintf("measure each implementation `n` times, at least once; %d with -quick, if not set", quickRounds))
	f.IntVar(&o.histories, "histories", 100, fmt.Sprintf("check each engine with `n` histories before it is measured; 0 means no check; %d with -quick, if not set", quickHistories))
	f.StringVar(&o.from, "from", "", "measure nothing; show the result in this `file`, written with -json")
	f.StringVar(&o.outputs.json, "json", "", "write the raw result to `file`")
	f.StringVar(&o.outputs.bench, "bench", "", "write the samples to `file` in the format of benchstat")
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
		return nil, fmt.Errorf("unexpected argument %q: a list of names has no spaces around its commas, or is quoted; -h explains the flags", f.Arg(0))
	}
	o.engines, o.workloads = split(*engines), split(*workloads)
	given := map[string]bool{}
	f.Visit(func(f *flag.Flag) { given[f.Name] = true })
	return o, o.complete(given)
}

// complete checks the flags that were given and sets the defaults of the others.
func (o *options) complete(given map[string]bool) error {
	switch {
	case o.rounds < 1:
		return errors.New("-rounds must be at least 1")
	case o.histories < 0:
		return errors.New("-histories must be at least 0, which means no check")
	case given["from"] && o.from == "":
		return errors.New("-from needs the name of a file")
	}
	if err := refuse(given); err != nil {
		return err
	}
	if o.plan.Quick && !given["rounds"] {
		o.rounds = quickRounds
	}
	if o.plan.Quick && !given["histories"] {
		o.histories = quickHistories
	}
	return nil
}

// refuse returns an error if a flag has no effect with another one.
func refuse(given map[string]bool) error {
	for _, x := range []struct {
		flag, reason string
		useless      []string
	}{
		{"list", "-list only lists", []string{"engines", "workloads", "quick", "seed", "rounds", "histories", "json", "bench", "html"}},
		{"from", "-from measures nothing", []string{"quick", "seed", "rounds", "histories"}},
	} {
		for _, name := range x.useless {
			if given[x.flag] && given[name] {
				return fmt.Errorf("%s: it cannot be combined with -%s", x.reason, name)
			}
		}
	}
	return nil
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

// choose returns what is to be measured.
func (o *options) choose() ([]implementation.Implementation, []workload.Workload, error) {
	implementations, err := implementation.Choose(o.engines)
	if err != nil {
		return nil, nil, err
	}
	workloads, err := workload.Choose(o.workloads)
	return implementations, workloads, err
}
