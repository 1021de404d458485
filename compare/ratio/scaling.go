package main

import (
	"fmt"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare/engines"
	"github.com/lastmodstore/lastmodstore/compare/ratio/figure"
)

// scaling compares what should not depend on how much is stored.
func scaling(rounds int) []figure.Figure {
	var figures []figure.Figure
	for _, e := range engines.All() {
		big, small := filled(e, million), filled(e, 1000)
		for _, c := range []struct {
			name string
			cost func(lastmodstore.Store[string, int]) float64
		}{
			{"Cleanup with nothing due", idleCleanup},
			{"ModifiedSince, 100 changes", hundredChanges},
		} {
			m := alternate(rounds,
				func() float64 { return c.cost(big) },
				func() float64 { return c.cost(small) })
			name := fmt.Sprintf("%s %s, 1,000,000 / 1,000 entries", e.Name, c.name)
			figures = append(figures, figure.Ratio(name, m[0], m[1], "ns", 2))
		}
		big.Close()
		small.Close()
	}
	return figures
}

func idleCleanup(s lastmodstore.Store[string, int]) float64 {
	return timed(10_000, func() { s.Cleanup() })
}

func hundredChanges(s lastmodstore.Store[string, int]) float64 {
	mark, _ := s.GetLastModified("mark")
	for i := range 100 {
		s.Set(fmt.Sprintf("key-%08d", i*7), i, ttl)
	}
	cost := timed(1000, func() {
		n := 0
		for range s.ModifiedSince(mark) {
			n++
		}
		if n != 100 {
			panic(fmt.Sprintf("ratio: %d changes instead of 100", n))
		}
	})
	s.Set("mark", 0, ttl)
	return cost
}
