package workload

import (
	"slices"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

const (
	churnCapacity = 10_000
	churnKeys     = 100_000
	scanEvery     = 20_000 // uses of the Zipf trace between two scans
	scanLen       = 10_000 // keys in a scan, each used once
)

// churn measures a cache that is too small for its keys.
func churn(p Plan) []Cell {
	var cells []Cell
	ops := choose(p, 50_000, 200_000)
	for _, name := range []string{"zipf", "scan"} {
		var order []int
		cells = append(cells, Cell{
			Workload: "churn",
			Params:   []result.Param{param("trace", name), param("capacity", churnCapacity), param("keys", churnKeys)},
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

// churnTrace returns a Zipf trace, interrupted by scans if name is scan.
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

// churnTrial uses the store as a cache: it stores what it does not find. Each round
// starts with the entries that the last one left.
func churnTrial(c implementation.Implementation, order []int) (Trial, error) {
	s, err := c.Small(implementation.Options{TTL: ttl, MaxEntries: churnCapacity})
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
	return Trial{Run: run, Close: func() { closeStore(s) }}, nil
}
