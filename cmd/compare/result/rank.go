package result

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

// topCrossovers is how many crossovers a reader is shown first.
const topCrossovers = 5

// Rank sorts crossovers, the most important first, and splits them: top is at
// most five, one for each pair of designs and axis, and rest is the others.
//
// A crossover matters as much as the wrong choice costs on the side where it
// costs less: where it costs little on one side, one design suits both. Realistic
// settings come before extreme ones.
func Rank(found []Crossover) (top, rest []Crossover) {
	found = slices.Clone(found)
	slices.SortStableFunc(found, func(a, b Crossover) int {
		if a.isExtreme() != b.isExtreme() {
			return map[bool]int{false: -1, true: 1}[a.isExtreme()]
		}
		return cmp.Compare(b.costOfTheWrongChoice(), a.costOfTheWrongChoice())
	})
	for _, c := range found {
		if len(top) < topCrossovers && !slices.ContainsFunc(top, c.resembles) {
			top = append(top, c)
		} else {
			rest = append(rest, c)
		}
	}
	return top, rest
}

func (c Crossover) costOfTheWrongChoice() float64 {
	return min(math.Log(c.Before.Value), -math.Log(c.After.Value))
}

// isExtreme reports whether c holds only for callers that do nothing but read or
// nothing but write, or for hundreds of callers at once.
func (c Crossover) isExtreme() bool {
	return slices.ContainsFunc(c.Fixed, func(p Param) bool {
		callers, _ := strconv.Atoi(p.Value)
		return p.Name == "reads" && (p.Value == "0" || p.Value == "100") || p.Name == "callers" && callers > 100
	})
}

// resembles reports whether c and d are about the same designs and axis.
func (c Crossover) resembles(d Crossover) bool {
	return c.Axis == d.Axis && (c.A == d.A && c.B == d.B || c.A == d.B && c.B == d.A)
}
