package figure

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"text/tabwriter"
)

// A series is one figure of two builds, a sample for each round.
type series struct {
	Figure
	now, old []float64
}

// versusOld compares this program with an older build. In each round each of the
// two runs once, in a process of its own, for every suite; the order alternates.
func versusOld(stdout, stderr io.Writer, older string, suites []Suite, rounds int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	printMachine(stdout, rounds)
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "figure\tnow\tolder build\tratio\tof rounds\tgoal\t")
	for _, s := range suites {
		var all []*series
		for round := range rounds {
			fmt.Fprintf(stderr, "%s: round %d of %d\n", s.Name, round+1, rounds)
			builds := []string{self, older}
			if round%2 == 1 {
				slices.Reverse(builds)
			}
			for _, program := range builds {
				figures, err := runOnce(program, s.Name, stderr)
				if err != nil {
					return fmt.Errorf("%s -only %s: %w", program, s.Name, err)
				}
				all = collect(all, figures, program == self)
			}
		}
		for _, x := range all {
			fmt.Fprintln(w, x)
		}
		w.Flush()
	}
	return nil
}

// runOnce returns the figures of one suite that a program measures in one round.
func runOnce(program, suite string, stderr io.Writer) ([]Figure, error) {
	var out bytes.Buffer
	c := exec.Command(program, "-tsv", "-rounds", "1", "-only", suite)
	c.Stdout, c.Stderr = &out, stderr
	if err := c.Run(); err != nil {
		return nil, err
	}
	return parse(out.String())
}

func collect(all []*series, figures []Figure, now bool) []*series {
	for _, f := range figures {
		i := slices.IndexFunc(all, func(x *series) bool { return x.Name == f.Name })
		if i < 0 {
			i, all = len(all), append(all, &series{Figure: f})
		}
		if now {
			all[i].now, all[i].VersusOld = append(all[i].now, f.Measured), f.VersusOld
		} else {
			all[i].old = append(all[i].old, f.Measured)
		}
	}
	return all
}

// String returns x as a line of the table: medians, their ratio, and the lowest
// and the highest ratio of a round.
func (x *series) String() string {
	column := func(samples []float64) string {
		if len(samples) == 0 {
			return "-"
		}
		return fmt.Sprintf("%.4g %s", Median(samples), x.Unit)
	}
	line := fmt.Sprintf("%s\t%s\t%s", x.Name, column(x.now), column(x.old))
	if len(x.now) != len(x.old) {
		return line + "\t\t\t\t"
	}
	var ratios []float64
	for i := range x.now {
		ratios = append(ratios, quotient(x.now[i], x.old[i]))
	}
	ratio := quotient(Median(x.now), Median(x.old))
	return fmt.Sprintf("%s\t%s\t%s to %s\t%s\t", line, short(ratio), short(slices.Min(ratios)), short(slices.Max(ratios)), verdict(ratio, x.VersusOld))
}

// quotient returns a/b; two zeros are equal.
func quotient(a, b float64) float64 {
	if a == b {
		return 1
	}
	return a / b
}
