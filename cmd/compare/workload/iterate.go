package workload

import (
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// iterate measures a loop over all entries.
func iterate(p Plan) []Cell {
	var cells []Cell
	for _, n := range choose(p, []int{100_000}, []int{1000, 100_000}) {
		cells = append(cells, Cell{
			Workload: "iterate",
			Params:   []result.Param{param("keys", n)},
			Baseline: "rwmap",
			Cost:     50 * time.Millisecond,
			Open:     func(c implementation.Implementation) (Trial, error) { return iterateTrial(c, n, 40*time.Millisecond) },
		})
	}
	return cells
}

// iterateTrial reads all entries repeatedly, concurrently with one writer. The
// writer's longest wait shows whether it was locked out.
func iterateTrial(c implementation.Implementation, n int, slice time.Duration) (Trial, error) {
	s, err := c.Small(implementation.Options{TTL: ttl, Interval: time.Minute})
	if err != nil {
		return Trial{}, err
	}
	it, err := need[implementation.Iterator[int]](s, "has no iterator")
	if err != nil {
		return Trial{}, err
	}
	all := keys(n)
	fill(s, all, 0)
	run := func() []Sample {
		stop, longest := make(chan struct{}), make(chan time.Duration)
		go func() {
			var wait time.Duration
			for i := 0; ; i++ {
				select {
				case <-stop:
					longest <- wait
					return
				default:
					start := time.Now()
					s.Set(all[i%n], i, ttl)
					wait = max(wait, time.Since(start))
				}
			}
		}()
		visited, start := 0, time.Now()
		for time.Since(start) < slice {
			it.Each(func(string, int) { visited++ })
		}
		took := time.Since(start)
		close(stop)
		return []Sample{
			{"entry", "ns/entry", float64(took) / float64(visited)},
			{"wait", "ms", float64(<-longest) / 1e6},
		}
	}
	return Trial{Run: run, Close: func() { closeStore(s) }}, nil
}
