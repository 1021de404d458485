package main

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
	"github.com/lastmodstore/lastmodstore/compare/baseline"
)

const million = 1_000_000

// cleaner is what can expire a million entries.
type cleaner interface {
	getSetter
	Cleanup() int
}

// longestWait fills s with a million entries that all have expired when it
// cleans up, and answers how long a reader of s waited at most meanwhile.
func longestWait(s cleaner, ks []string) float64 {
	start := time.Now()
	for i, k := range ks {
		s.Set(k, i, max(time.Millisecond, 4*time.Second-time.Since(start)))
	}
	s.Set("reader's", 1, ttl)
	runtime.GC()
	time.Sleep(time.Until(start.Add(4*time.Second + 10*time.Millisecond)))

	var longest time.Duration
	var over atomic.Bool
	reading, read := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(read)
		s.Get("reader's")
		close(reading)
		for !over.Load() {
			before := time.Now()
			s.Get("reader's")
			longest = max(longest, time.Since(before))
		}
	}()
	<-reading
	if removed := s.Cleanup(); removed != len(ks) {
		panic(fmt.Sprintf("ratio: cleanup removed %d of %d", removed, len(ks)))
	}
	over.Store(true)
	<-read
	return float64(longest) / 1e6
}

// sweeps compares the longest wait of a reader during an expiry storm.
func sweeps(rounds int) []figure {
	rounds = min(rounds, 3) // each takes seconds
	ks := keys(million)
	contestants := []func() float64{func() float64 { return longestWait(baseline.NewRWMap[int](), ks) }}
	steps := make([][]float64, len(compare.Engines()))
	for i, e := range compare.Engines() {
		contestants = append(contestants, func() float64 {
			s := e.Strings(0)
			defer s.Close()
			wait := longestWait(s, ks)
			steps[i] = append(steps[i], float64(s.Stats().LongestSweepStep)/1e6)
			return wait
		})
	}
	m := inTurn(rounds, contestants...)
	var figures []figure
	for i, e := range compare.Engines() {
		figures = append(figures,
			figure{e.Name + " longest wait while 1,000,000 expire / rwmap", m[i+1], m[0], "ms", 0.01},
			figure{e.Name + " longest sweep step of that / rwmap's wait", median(steps[i]), m[0], "ms", 0})
	}
	return figures
}

func heap() float64 {
	runtime.GC()
	runtime.GC() // what the first one only swept out of pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// memory measures bytes an entry, against 1 byte, and what is left after all
// have expired and were swept. The keys are counted, the slice that lists them
// is not.
func memory(int) []figure {
	var figures []figure
	for _, e := range compare.Engines() {
		before := heap()
		s := e.Strings(0)
		start := time.Now()
		for i := range million {
			s.Set(fmt.Sprintf("key-%08d", i), i, max(time.Millisecond, 4*time.Second-time.Since(start)))
		}
		peak := heap() - before
		time.Sleep(time.Until(start.Add(4*time.Second + 10*time.Millisecond)))
		s.Cleanup()
		left := heap() - before
		figures = append(figures,
			figure{e.Name + " bytes per entry", peak / million, 1, "B", 128},
			figure{e.Name + " heap after the sweep / peak", left / 1e6, peak / 1e6, "MB", 0.15})
		s.Close()
	}
	return figures
}

// scaling compares what should not depend on how much is stored.
func scaling(rounds int) []figure {
	var figures []figure
	for _, e := range compare.Engines() {
		big, small := filled(e, million), filled(e, 1000)
		idle := func(s lastmodstore.Store[string, int]) func() float64 {
			return func() float64 { return timed(10_000, func() { s.Cleanup() }) }
		}
		m := inTurn(rounds, idle(big), idle(small))
		figures = append(figures, figure{e.Name + " Cleanup with nothing due, 1,000,000 / 1,000 entries", m[0], m[1], "ns", 2})

		changes := func(s lastmodstore.Store[string, int]) func() float64 {
			return func() float64 {
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
		}
		m = inTurn(rounds, changes(big), changes(small))
		figures = append(figures, figure{e.Name + " ModifiedSince, 100 changes, 1,000,000 / 1,000 entries", m[0], m[1], "ns", 2})
		big.Close()
		small.Close()
	}
	return figures
}

func filled(e compare.Engine, n int) lastmodstore.Store[string, int] {
	s := e.Strings(0)
	fill(s, keys(n))
	s.Set("mark", 0, ttl)
	return s
}

func timed(n int, f func()) float64 {
	start := time.Now()
	for range n {
		f()
	}
	return float64(time.Since(start)) / float64(n)
}
