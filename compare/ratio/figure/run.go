package figure

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
)

// A Suite is a group of figures that are measured together.
type Suite struct {
	Name    string
	Figures func(rounds int) ([]Figure, error)
}

// Run is the body of a ratio program: it measures suites as args ask for.
func Run(stdout, stderr io.Writer, args []string, suites []Suite) error {
	var names []string
	for _, s := range suites {
		names = append(names, s.Name)
	}
	flags := flag.NewFlagSet("ratio", flag.ContinueOnError) // the packages imported have flags of their own
	flags.SetOutput(stderr)
	only := flags.String("only", "", "measure only this `suite`: "+strings.Join(names, ", "))
	rounds := flags.Int("rounds", 9, "how often each implementation is measured; the medians count")
	tsv := flags.Bool("tsv", false, "print a line of tab-separated fields for each figure: name, measured, unit, baseline, goal, goal versus an older build, note")
	versus := flags.String("versus", "", "compare this program with an older build of it, a `file`: the two run in turn, once a round")
	switch err := flags.Parse(args); {
	case err != nil:
		return err
	case flags.NArg() > 0 || *rounds < 1:
		return errors.New("takes no arguments but flags, and -rounds must be at least 1")
	case *only != "" && !slices.Contains(names, *only):
		return fmt.Errorf("no suite is called %q; there are: %s", *only, strings.Join(names, ", "))
	case *tsv && *versus != "":
		return errors.New("-tsv and -versus exclude each other")
	}
	if *only != "" {
		suites = slices.DeleteFunc(slices.Clone(suites), func(s Suite) bool { return s.Name != *only })
	}
	if *versus != "" {
		return versusOld(stdout, stderr, *versus, suites, *rounds)
	}
	return measure(stdout, suites, *rounds, *tsv)
}

func measure(stdout io.Writer, suites []Suite, rounds int, tsv bool) error {
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	if !tsv {
		printMachine(stdout, rounds)
		fmt.Fprintln(w, header)
	}
	for _, s := range suites {
		figures, err := s.Figures(rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		for _, f := range figures {
			if tsv {
				fmt.Fprintln(stdout, f.tsv())
			} else {
				fmt.Fprintln(w, f)
			}
		}
		w.Flush()
	}
	return nil
}

func printMachine(w io.Writer, rounds int) {
	fmt.Fprintf(w, "%s, %s/%s, GOMAXPROCS=%d, medians of %d rounds\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), rounds)
}

// Median returns the median of x, which must not be empty.
func Median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}
