package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
	"github.com/lastmodstore/lastmodstore/compare/engines"
	"github.com/lastmodstore/lastmodstore/compare/ratio/figure"
)

// getSetter is what every implementation can do.
type getSetter interface {
	Get(key string) (int, bool)
	Set(key string, value int, ttl time.Duration) error
}

const (
	ttl     = time.Hour // long enough that nothing expires while it is timed
	million = 1_000_000
)

func keys(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("key-%08d", i)
	}
	return all
}

func fill(s getSetter, keys []string) {
	for i, k := range keys {
		s.Set(k, i, ttl)
	}
}

// filled returns a store of e with n keys and a mark, which is the latest.
func filled(e compare.Engine, n int) lastmodstore.Store[string, int] {
	s := e.Strings(0)
	fill(s, keys(n))
	s.Set("mark", 0, ttl)
	return s
}

func engine(name string) compare.Engine {
	for _, e := range engines.All() {
		if e.Name == name {
			return e
		}
	}
	panic("ratio: no engine " + name)
}

// drive makes ops calls from so many callers, some percent of them Set and the
// others Get, and returns nanoseconds per call.
func drive(s getSetter, keys []string, callers, ops, setPercent int) float64 {
	var wg sync.WaitGroup
	start := time.Now()
	for c := range callers {
		wg.Go(func() {
			x := uint32(c)*2654435761 + 12345
			for i := range ops / callers {
				x = x*1664525 + 1013904223 // a linear congruential generator: cheap, and the same for all
				key := keys[uint64(x)*uint64(len(keys))>>32]
				if int(x>>8)%100 < setPercent {
					s.Set(key, i, ttl)
				} else {
					s.Get(key)
				}
			}
		})
	}
	wg.Wait()
	return float64(time.Since(start)) / float64(ops)
}

// timed returns nanoseconds per call of f.
func timed(n int, f func()) float64 {
	start := time.Now()
	for range n {
		f()
	}
	return float64(time.Since(start)) / float64(n)
}

// alternate measures each implementation once a round and returns their medians.
// A first round warms up and does not count.
func alternate(rounds int, implementations ...func() float64) []float64 {
	alternateFresh(1, implementations...)
	return alternateFresh(rounds, implementations...)
}

// alternateFresh is alternate for what starts from scratch in each round, so that
// there is nothing to warm up.
func alternateFresh(rounds int, implementations ...func() float64) []float64 {
	samples := make([][]float64, len(implementations))
	for range rounds {
		for i, run := range implementations {
			samples[i] = append(samples[i], run())
		}
	}
	medians := make([]float64, len(samples))
	for i, x := range samples {
		medians[i] = figure.Median(x)
	}
	return medians
}
