package workload

import (
	"context"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// watchers measures Set concurrently with watchers that each receive the changes.
func watchers(p Plan) []Cell {
	var cells []Cell
	for _, n := range choose(p, []int{0, 100}, []int{0, 1, 10, 100, 1000}) {
		cells = append(cells, Cell{
			Workload: "watchers",
			Params:   []result.Param{param("watchers", n)},
			Baseline: "mutexstore",
			Fresh:    true, // otherwise the watchers of one implementation would still be busy while the next is measured
			Cost:     p.slice(),
			Open: func(c implementation.Implementation) (Trial, error) {
				return watchTrial(c, n, p.slice())
			},
		})
	}
	return cells
}

func watchTrial(c implementation.Implementation, n int, slice time.Duration) (Trial, error) {
	s, err := c.Small(implementation.Options{TTL: ttl, Interval: time.Minute})
	if err != nil {
		return Trial{}, err
	}
	e, ok := s.(implementation.Engine[int])
	if !ok {
		closeStore(s)
		return Trial{}, implementation.Lack("has no change feed")
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	begun := make(chan struct{})
	e.Set("first", 0, ttl)
	for range n {
		wg.Go(func() {
			first := true
			for range e.Watch(ctx, time.Time{}) {
				if first {
					first = false
					begun <- struct{}{}
				}
			}
		})
	}
	for range n {
		<-begun
	}
	all := keys(1000)
	loop := &closedLoop{callers: 1, slice: slice}
	run := func() []Sample {
		return loop.run(func(_, ops int) {
			for i := range ops {
				e.Set(all[i%len(all)], i, ttl)
			}
		})
	}
	return Trial{Run: run, Close: func() { cancel(); wg.Wait(); e.Close() }}, nil
}
