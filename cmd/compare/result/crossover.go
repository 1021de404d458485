package result

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// pairs are the designs between which a reader has to choose.
var pairs = [][2]string{
	{"actor", "mutexstore"},
	{"actor x16", "actor"},
	{"mutexstore x16", "mutexstore"},
	{"actor x16", "mutexstore"},
	{"actor", "textbook"},
	{"mutexstore", "rwmap"},
	{"mutexstore", "syncmap"},
	{"mutexstore x16", "syncmap"},
	{"mutexstore x16", "otter"},
}

// A Crossover is where A becomes faster than B along an axis: at From it is
// slower and at To it is faster, both by more than chance explains. Cells between
// the two may show no difference.
type Crossover struct {
	A, B          string
	Workload      string
	Fixed         []Param // the parameters that stay the same
	Axis          string
	From, To      string
	Before, After Estimate // ratio of A's time to B's
}

func (c Crossover) String() string {
	return fmt.Sprintf("Between %s, %s becomes faster than %s: from %s to %s times its time (%s).",
		between(c.Axis, c.From, c.To), c.A, c.B, Figure(c.Before.Value), Figure(c.After.Value), setting(c.Workload, c.Fixed))
}

// Crossovers finds where one design passes another: the pairs of designs along
// each axis, and the smallest batch with which a store takes less time for a key
// than single calls to mutexstore.
func Crossovers(r *Result) []Crossover {
	var found []Crossover
	for _, axis := range r.Axes() {
		for _, s := range r.Series(axis) {
			for _, p := range pairs {
				found = append(found, s.crossovers(p[0], p[1])...)
			}
			if axis == "batch" {
				for _, engine := range []string{"actor", "actor x16", "mutexstore"} {
					found = append(found, s.batchPays(engine)...)
				}
			}
		}
	}
	return found
}

// A Series is the cells that differ only in one parameter, which is a number,
// in ascending order of that number.
type Series struct {
	Workload string
	Fixed    []Param // the parameters that stay the same
	Axis     string
	Cells    []Cell
}

// Where names what stays the same along s.
func (s Series) Where() string {
	return strings.ReplaceAll(Cell{Workload: s.Workload, Params: s.Fixed}.Name(), "/", " ")
}

// Axes are the parameters that are numbers, callers first.
func (r *Result) Axes() []string {
	axes := []string{"callers"}
	for _, c := range r.Cells {
		for _, p := range c.Params {
			if _, err := strconv.Atoi(p.Value); err == nil && !slices.Contains(axes, p.Name) {
				axes = append(axes, p.Name)
			}
		}
	}
	return axes
}

// Series returns the series of r along an axis that have more than one cell.
func (r *Result) Series(axis string) []Series {
	var all []Series
	for _, c := range r.Cells {
		if _, err := strconv.Atoi(c.Param(axis)); err != nil {
			continue
		}
		fixed := slices.DeleteFunc(slices.Clone(c.Params), func(p Param) bool { return p.Name == axis })
		i := slices.IndexFunc(all, func(s Series) bool { return s.Workload == c.Workload && slices.Equal(s.Fixed, fixed) })
		if i < 0 {
			i = len(all)
			all = append(all, Series{Workload: c.Workload, Fixed: fixed, Axis: axis})
		}
		all[i].Cells = append(all[i].Cells, c)
	}
	all = slices.DeleteFunc(all, func(s Series) bool { return len(s.Cells) < 2 })
	for _, s := range all {
		slices.SortStableFunc(s.Cells, func(a, b Cell) int { return int(s.At(a) - s.At(b)) })
	}
	return all
}

// At returns c's position on the axis of s.
func (s Series) At(c Cell) float64 {
	x, _ := strconv.Atoi(c.Param(s.Axis))
	return float64(x)
}

const timeMetric = "time"

func (s Series) crossovers(a, b string) (found []Crossover) {
	var from Cell
	var before Estimate // the last that showed a difference; Value is 0 before there was one
	for _, c := range s.Cells {
		e, ok := c.Ratio(a, b, timeMetric)
		if !ok || e.ShowsNoDifference() {
			continue
		}
		x := s.crossover(a, b, from.Param(s.Axis), c.Param(s.Axis), before, e)
		switch {
		case before.Value > 1 && e.Value < 1:
			found = append(found, x)
		case before.Value > 0 && before.Value < 1 && e.Value > 1:
			x.A, x.B, x.Before, x.After = b, a, before.inverse(), e.inverse()
			found = append(found, x)
		}
		from, before = c, e
	}
	return found
}

func (s Series) crossover(a, b, from, to string, before, after Estimate) Crossover {
	return Crossover{a, b, s.Workload, s.Fixed, s.Axis, from, to, before, after}
}

func (e Estimate) inverse() Estimate { return Estimate{1 / e.Value, 1 / e.High, 1 / e.Low} }

// batchPays finds the smallest batch with which engine takes less time for a key
// than single calls to mutexstore.
func (s Series) batchPays(engine string) []Crossover {
	single := s.Cells[0]
	if single.Param("batch") != "1" {
		return nil
	}
	row, _ := single.Row("mutexstore")
	base, ok := row.Metric(timeMetric)
	if !ok {
		return nil
	}
	from, before := "1", Estimate{1, 1, 1}
	for _, c := range s.Cells {
		row, _ := c.Row(engine)
		m, ok := row.Metric(timeMetric)
		if !ok {
			continue
		}
		e := m.RatioTo(base)
		if c.Param("batch") != "1" && e.High < 1 {
			return []Crossover{s.crossover(engine+" in batches", "mutexstore one by one", from, c.Param("batch"), before, e)}
		}
		from, before = c.Param("batch"), e
	}
	return nil
}
