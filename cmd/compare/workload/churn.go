package workload

import (
	"slices"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

const (
	churnBound = 10_000
	churnKeys  = 100_000
	scanEvery  = 20_000 // after so many uses of hot keys
	scanLen    = 10_000 // so many keys are used once
)

func churn(p Plan) []Cell {
	var cells []Cell
	ops := choose(p, []int{50_000}, []int{200_000})[0]
	for _, name := range []string{"zipf", "scan"} {
		var order []int
		cells = append(cells, Cell{
			Workload: "churn",
			Params:   []result.Param{param("trace", name), param("bound", churnBound), param("keys", churnKeys)},
			Baseline: "golang-lru",
			Cost:     time.Duration(ops) * 600,
			Open: func(c implementation.Implementation) (Trial, error) {
				if order == nil {
					order = churnTrace(name, ops, p.Seed)
				}
				return churnTrial(c, order)
			},
		})
	}
	return cells
}

// churnTrace is Zipf, and with scans some keys that come once and never again.
func churnTrace(name string, ops int, seed uint64) []int {
	zipf := newTrace("zipf", churnKeys, seed)
	once := churnKeys
	var order []int
	for i := range ops {
		order = append(order, int(zipf[i]))
		if name == "scan" && i%scanEvery == scanEvery-1 {
			for range scanLen {
				order = append(order, once)
				once++
			}
		}
	}
	return order
}

// churnTrial uses the store as a cache is used: what is not there is stored. It
// continues from round to round with what the last one left.
func churnTrial(c implementation.Implementation, order []int) (Trial, error) {
	s, err := c.Small(implementation.Options{TTL: ttl, MaxEntries: churnBound})
	if err != nil {
		return Trial{}, err
	}
	all := keys(slices.Max(order) + 1)
	run := func() []Sample {
		hits := 0
		start := time.Now()
		for _, k := range order {
			if _, ok := s.Get(all[k]); ok {
				hits++
			} else {
				s.Set(all[k], k, ttl)
			}
		}
		took := time.Since(start)
		return []Sample{
			{"time", "ns/op", float64(took) / float64(len(order))},
			{"hits", "%", 100 * float64(hits) / float64(len(order))},
		}
	}
	return Trial{run, func() { closeStore(s) }}, nil
}
