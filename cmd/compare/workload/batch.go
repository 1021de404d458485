package workload

import (
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// batch measures many keys in one call. A batch of one is a Get or a Set: the time
// per key that larger batches have to beat.
func batch(p Plan) []Cell {
	var cells []Cell
	for _, op := range []string{"GetMany", "SetMany"} {
		for _, n := range choose(p, []int{1, 100}, []int{1, 2, 5, 10, 100}) {
			for _, callers := range choose(p, []int{1}, []int{1, 8}) {
				cells = append(cells, Cell{
					Workload: "batch",
					Params:   []result.Param{param("op", op), param("batch", n), param("callers", callers)},
					Baseline: "mutexstore",
					Cost:     p.slice(),
					Open: func(c implementation.Implementation) (Trial, error) {
						return batchTrial(c, op, n, &closedLoop{callers: callers, slice: p.slice()})
					},
				})
			}
		}
	}
	return cells
}

func batchTrial(c implementation.Implementation, op string, n int, loop *closedLoop) (Trial, error) {
	s, err := c.Small(implementation.Options{TTL: ttl, Interval: time.Minute})
	if err != nil {
		return Trial{}, err
	}
	b, isBatcher := s.(implementation.Batcher[int])
	if !isBatcher && n > 1 {
		closeStore(s)
		return Trial{}, implementation.Lack("has no call for many keys")
	}
	all := keys(1000)
	fill(s, all, 0)
	values := make([]map[string]int, len(all)/n)
	for i := range values {
		values[i] = map[string]int{}
		for _, k := range all[i*n:][:n] {
			values[i][k] = i
		}
	}
	call := func(i int) {
		switch {
		case n == 1 && op == "GetMany":
			s.Get(all[i])
		case n == 1:
			s.Set(all[i], i, ttl)
		case op == "GetMany":
			b.GetMany(all[i*n:][:n])
		default:
			b.SetMany(values[i], ttl)
		}
	}
	run := func() []Sample {
		samples := loop.run(func(caller, ops int) {
			for i := range ops {
				call((caller*37 + i) % len(values))
			}
		})
		return []Sample{{"time", "ns/key", samples[0].Value / float64(n)}}
	}
	return Trial{Run: run, Close: func() { closeStore(s) }}, nil
}
