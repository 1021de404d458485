package result

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// pairs are the designs between which a reader has to choose.
var pairs = [][2]string{
	{"actor", "mutex"},
	{"actor x16", "actor"},
	{"mutex x16", "mutex"},
	{"actor x16", "mutex"},
	{"actor", "textbook"},
	{"mutex", "rwmap"},
	{"mutex", "syncmap"},
	{"mutex x16", "syncmap"},
	{"mutex x16", "otter"},
}

// axes are the parameters along which one design may overtake another.
var axes = []string{"callers", "reads", "keys", "batch", "watchers"}

// A Crossover is where A becomes faster than B along an axis: at From it is
// slower and at To it is faster, both beyond doubt. Between there may be cells
// that show no difference.
type Crossover struct {
	A, B          string
	Where         string // workload and the parameters that stay
	Axis          string
	From, To      string
	Before, After Estimate // of A's time over B's
}

func (c Crossover) String() string {
	return fmt.Sprintf("%s: %s overtakes %s between %s=%s and %s (time ratio %s, then %s)",
		c.Where, c.A, c.B, c.Axis, c.From, c.To, Figure(c.Before.Value), Figure(c.After.Value))
}

// Crossovers finds where one design overtakes another: the pairs of designs,
// along each axis, and then the batch with which a store costs less for a key
// than single calls to the mutex.
func Crossovers(r *Result) []Crossover {
	var found []Crossover
	for _, axis := range axes {
		for _, s := range r.Series(axis) {
			for _, p := range pairs {
				found = append(found, s.crossovers(p[0], p[1])...)
			}
			if axis == "batch" {
				for _, engine := range []string{"actor", "actor x16", "mutex"} {
					found = append(found, s.batchPays(engine)...)
				}
			}
		}
	}
	return found
}

// A Series is the cells that differ in one parameter alone, which is a number,
// in order of it.
type Series struct {
	Where string
	Axis  string
	Cells []Cell
}

// Series are those of r along an axis that have more than one cell.
func (r *Result) Series(axis string) []Series {
	var all []Series
	for _, c := range r.Cells {
		if _, err := strconv.Atoi(c.Param(axis)); err != nil {
			continue
		}
		where := c.without(axis)
		i := slices.IndexFunc(all, func(s Series) bool { return s.Where == where })
		if i < 0 {
			i = len(all)
			all = append(all, Series{Where: where, Axis: axis})
		}
		all[i].Cells = append(all[i].Cells, c)
	}
	all = slices.DeleteFunc(all, func(s Series) bool { return len(s.Cells) < 2 })
	for _, s := range all {
		slices.SortStableFunc(s.Cells, func(a, b Cell) int { return int(s.At(a) - s.At(b)) })
	}
	return all
}

// At is where on its axis a cell of s is.
func (s Series) At(c Cell) float64 {
	x, _ := strconv.Atoi(c.Param(s.Axis))
	return float64(x)
}

// without is c's name without one parameter.
func (c Cell) without(axis string) string {
	parts := []string{c.Workload}
	for _, p := range c.Params {
		if p.Name != axis {
			parts = append(parts, p.Name+"="+p.Value)
		}
	}
	return strings.Join(parts, " ")
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
		x := Crossover{a, b, s.Where, s.Axis, from.Param(s.Axis), c.Param(s.Axis), before, e}
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

func (e Estimate) inverse() Estimate { return Estimate{1 / e.Value, 1 / e.High, 1 / e.Low} }

// batchPays is the first batch that costs engine less for a key than single
// calls to the mutex, if single calls to engine cost more or are those.
func (s Series) batchPays(engine string) []Crossover {
	single := s.Cells[0]
	if single.Param("batch") != "1" {
		return nil
	}
	row, _ := single.Row("mutex")
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
			return []Crossover{{engine + " in batches", "mutex one by one", s.Where, s.Axis, from, c.Param("batch"), before, e}}
		}
		from, before = c.Param("batch"), e
	}
	return nil
}
