// Package figure holds what the ratio programs share: figures with goals, the
// table that shows them, and the comparison of two builds.
package figure

import (
	"fmt"
	"strings"
)

// NoGoal is the goal of a figure that has none.
const NoGoal = -1

// A Figure is one line of the report.
type Figure struct {
	Name      string
	Measured  float64
	Baseline  float64 // 0: none, and the goal is for what was measured
	Unit      string
	Goal      float64 // the ratio, or what was measured, is to stay at or below it
	VersusOld float64 // the goal for the ratio to the same figure of an older build
	Note      string
}

// Ratio returns the figure of something measured and what it is compared with.
func Ratio(name string, measured, baseline float64, unit string, goal float64) Figure {
	return Figure{Name: name, Measured: measured, Baseline: baseline, Unit: unit, Goal: goal, VersusOld: NoGoal}
}

// Value returns the figure of something that is compared with nothing.
func Value(name string, measured float64, unit string, goal float64) Figure {
	return Ratio(name, measured, 0, unit, goal)
}

// Versus returns f with a goal for its ratio to the same figure of an older build.
func (f Figure) Versus(old float64) Figure {
	f.VersusOld = old
	return f
}

// header names the columns of String.
const header = "figure\tmeasured\tbaseline\tratio\tgoal\t\t"

// String returns f as a line of the table.
func (f Figure) String() string {
	measured := fmt.Sprintf("%s\t%.4g %s", f.Name, f.Measured, f.Unit)
	if f.Baseline == 0 {
		return fmt.Sprintf("%s\t\t\t%s\t%s\t", measured, verdict(f.Measured, f.Goal), f.Note)
	}
	ratio := f.Measured / f.Baseline
	return fmt.Sprintf("%s\t%.4g %s\t%s\t%s\t%s\t", measured, f.Baseline, f.Unit, short(ratio), verdict(ratio, f.Goal), f.Note)
}

// verdict returns the goal, and MISSED if x is above it.
func verdict(x, goal float64) string {
	switch {
	case goal < 0:
		return ""
	case x > goal:
		return fmt.Sprintf("<= %.4g MISSED", goal)
	}
	return fmt.Sprintf("<= %.4g", goal)
}

// short returns a ratio with three decimals, or more digits if it is tiny.
func short(ratio float64) string {
	if ratio < 0.01 {
		return fmt.Sprintf("%.3g", ratio)
	}
	return fmt.Sprintf("%.3f", ratio)
}

// tsv returns f as a line for [parse].
func (f Figure) tsv() string {
	return fmt.Sprintf("%s\t%g\t%s\t%g\t%g\t%g\t%s", f.Name, f.Measured, f.Unit, f.Baseline, f.Goal, f.VersusOld, f.Note)
}

// parse returns the figures that tsv wrote, a line each.
func parse(text string) ([]Figure, error) {
	var all []Figure
	for line := range strings.Lines(text) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 7 {
			return nil, fmt.Errorf("not a line of a figure: %q", line)
		}
		f := Figure{Name: fields[0], Unit: fields[2], Note: fields[6]}
		numbers := strings.Join([]string{fields[1], fields[3], fields[4], fields[5]}, " ")
		if _, err := fmt.Sscan(numbers, &f.Measured, &f.Baseline, &f.Goal, &f.VersusOld); err != nil {
			return nil, fmt.Errorf("not a line of a figure: %q: %w", line, err)
		}
		all = append(all, f)
	}
	return all, nil
}
