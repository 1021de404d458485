package main

import (
	"fmt"
	"math"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare/engines"
	"github.com/lastmodstore/lastmodstore/compare/ratio/figure"
)

// weight measures what MaxWeight adds to a Set that overwrites, and to one that evicts.
func weight(rounds int) []figure.Figure {
	const ops = 1 << 19
	weigher := lastmodstore.MaxWeight(math.MaxInt32, func(key string, _ int) int { return len(key) })
	var figures []figure.Figure
	for _, e := range engines.All() {
		for _, n := range []int{1000, 100_000} {
			ks := keys(n)
			unlimited, bounded := e.Strings(time.Minute), e.Strings(time.Minute, lastmodstore.MaxEntries(2*n))
			weighed := e.Strings(time.Minute, lastmodstore.MaxEntries(2*n), weigher)
			fill(unlimited, ks)
			fill(bounded, ks)
			fill(weighed, ks)
			m := alternate(rounds,
				func() float64 { return drive(weighed, ks, 1, ops, 100) },
				func() float64 { return drive(bounded, ks, 1, ops, 100) },
				func() float64 { return drive(unlimited, ks, 1, ops, 100) })
			unlimited.Close()
			bounded.Close()
			weighed.Close()
			name := fmt.Sprintf("%s Set, keys=%d: ", e.Name, n)
			figures = append(figures,
				figure.Value(name+"cost of MaxWeight", m[0]-m[1], "ns", 15),
				figure.Ratio(name+"MaxWeight and MaxEntries / MaxEntries", m[0], m[1], "ns", figure.NoGoal),
				figure.Ratio(name+"MaxWeight and MaxEntries / no limit", m[0], m[2], "ns", figure.NoGoal))
		}
		figures = append(figures, evicting(e.Name, rounds))
	}
	return figures
}

// evicting compares a Set of a new key that evicts one entry for its weight with one that
// evicts it for the number of entries.
func evicting(name string, rounds int) figure.Figure {
	const held, ops = 50_000, 200_000
	ks := keys(2 * held) // in turn, so that each has been evicted when it is set again
	byWeight := engine(name).Strings(time.Minute, lastmodstore.MaxWeight(held, func(string, int) int { return 1 }))
	byNumber := engine(name).Strings(time.Minute, lastmodstore.MaxEntries(held))
	defer byWeight.Close()
	defer byNumber.Close()
	run := func(s getSetter) func() float64 {
		i := 0
		return func() float64 {
			return timed(ops, func() {
				s.Set(ks[i%len(ks)], i, ttl)
				i++
			})
		}
	}
	m := alternate(rounds, run(byWeight), run(byNumber))
	return figure.Ratio(name+" Set that evicts one by MaxWeight / by MaxEntries", m[0], m[1], "ns", figure.NoGoal)
}
