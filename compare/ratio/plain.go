package main

import (
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore/compare/engines"
	"github.com/lastmodstore/lastmodstore/compare/ratio/figure"
)

// plain measures a store without options, for comparison with an older build: what a
// store does not use is to cost nothing.
func plain(rounds int) []figure.Figure {
	const ops, asBefore = 1 << 20, 1.03
	var figures []figure.Figure
	for _, e := range engines.All() {
		for _, n := range []int{1000, 100_000} {
			ks, s := keys(n), e.Strings(time.Minute)
			fill(s, ks)
			m := alternate(rounds,
				func() float64 { return drive(s, ks, 1, ops, 0) },
				func() float64 { return drive(s, ks, 1, ops, 100) })
			s.Close()
			figures = append(figures,
				figure.Value(fmt.Sprintf("%s Get, keys=%d", e.Name, n), m[0], "ns", figure.NoGoal).Versus(asBefore),
				figure.Value(fmt.Sprintf("%s Set, keys=%d", e.Name, n), m[1], "ns", figure.NoGoal).Versus(asBefore))
		}
	}
	return figures
}
