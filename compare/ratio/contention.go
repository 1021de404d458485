package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare/engines"
	"github.com/lastmodstore/lastmodstore/compare/ratio/figure"
)

// contention measures what many callers of one key cost.
func contention(rounds int) []figure.Figure {
	var figures []figure.Figure
	for _, e := range engines.All() {
		s := e.Strings(time.Minute)
		const callers, each = 500, 200
		m := alternate(rounds,
			func() float64 {
				return together(callers, each, func() { s.Add("n", 1, lastmodstore.NoExpiry) })
			},
			func() float64 {
				return together(callers, each, func() { s.Set("n", 1, lastmodstore.NoExpiry) })
			})
		figures = append(figures, figure.Ratio(fmt.Sprintf("%s Add of one key / Set, callers=%d", e.Name, callers), m[0], m[1], "ns", 1.5))
		for _, callers := range []int{64, 500} {
			var mean, worst []float64
			for range rounds {
				all, most := updates(s, callers, each)
				mean, worst = append(mean, all), append(worst, most)
			}
			name := fmt.Sprintf("%s Update of one key, callers=%d: runs of fn per call, ", e.Name, callers)
			figures = append(figures,
				figure.Value(name+"mean", figure.Median(mean), "", 2.5),
				figure.Value(name+"worst", figure.Median(worst), "", 20))
		}
		s.Close()
	}
	return figures
}

// together has so many callers make so many calls each, and returns nanoseconds per
// call.
func together(callers, each int, call func()) float64 {
	var wg sync.WaitGroup
	start := time.Now()
	for range callers {
		wg.Go(func() {
			for range each {
				call()
			}
		})
	}
	wg.Wait()
	return float64(time.Since(start)) / float64(callers*each)
}

// updates returns how often a call of Update runs its function, on average and at
// most.
func updates(s lastmodstore.Store[string, int], callers, each int) (mean, worst float64) {
	var mu sync.Mutex
	runs, most := 0, 0
	together(callers, 1, func() {
		mine, longest := 0, 0
		for range each {
			before := mine
			lastmodstore.Update(s, "n", func(old lastmodstore.Entry[int], _ bool) (int, time.Duration, error) {
				mine++
				return old.Value + 1, lastmodstore.NoExpiry, nil
			})
			longest = max(longest, mine-before)
		}
		mu.Lock()
		defer mu.Unlock()
		runs += mine
		most = max(most, longest)
	})
	return float64(runs) / float64(callers*each), float64(most)
}
