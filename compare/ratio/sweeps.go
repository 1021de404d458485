package main

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore/compare/baseline"
	"github.com/lastmodstore/lastmodstore/compare/engines"
	"github.com/lastmodstore/lastmodstore/compare/ratio/figure"
)

// cleaner is what a million entries can expire in.
type cleaner interface {
	getSetter
	Cleanup() int
}

// fillExpiring stores n entries that expire at one time, and returns when all have.
// It begins again with more time if some expire before all are stored.
func fillExpiring(s getSetter, n int, key func(i int) string) (expired time.Time) {
	for filling := 2 * time.Second; ; filling *= 2 {
		last := time.Now()
		deadline := last.Add(filling)
		late := time.Duration(0) // by which a store may have read its clock after now
		for i := range n {
			now := time.Now()
			s.Set(key(i), i, max(time.Millisecond, deadline.Sub(now)))
			late, last = max(late, now.Sub(last)), now
		}
		if now := time.Now(); now.Before(deadline) {
			return deadline.Add(max(late, now.Sub(last)))
		}
	}
}

// read and write are calls that may have to wait for a sweep.
func read(s getSetter)  { s.Get("own") }
func write(s getSetter) { s.Set("own", 1, ttl) }

// longestWait fills swept with a million entries that have all expired when it
// cleans up, and returns the longest of the calls that called gets meanwhile, in
// milliseconds: one caller in a closed loop.
func longestWait(swept cleaner, ks []string, called getSetter, call func(getSetter)) float64 {
	expired := fillExpiring(swept, len(ks), func(i int) string { return ks[i] })
	write(called)
	runtime.GC()
	time.Sleep(time.Until(expired) + time.Millisecond)

	var longest time.Duration
	var over atomic.Bool
	calling, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		call(called)
		close(calling)
		for !over.Load() {
			before := time.Now()
			call(called)
			longest = max(longest, time.Since(before))
		}
	}()
	<-calling
	if removed := swept.Cleanup(); removed != len(ks) {
		panic(fmt.Sprintf("ratio: cleanup removed %d of %d", removed, len(ks)))
	}
	over.Store(true)
	<-done
	return float64(longest) / 1e6
}

// sweeps compares the longest wait of a reader during an expiry storm, and then
// that of a writer. Each is alone with the sweep: a third busy goroutine would
// make them wait for one of two cores. On a busy machine they do that anyway; how
// long shows a caller of a store that is not the one swept.
func sweeps(rounds int) []figure.Figure {
	rounds = min(rounds, 5) // each takes seconds
	ks := keys(million)
	var figures []figure.Figure
	for _, c := range []struct {
		name  string
		call  func(getSetter)
		goals map[string]float64
	}{
		{"reader", read, map[string]float64{"actor": 0.01, "mutexstore": 0.0005}},
		{"writer", write, map[string]float64{"actor": figure.NoGoal, "mutexstore": figure.NoGoal}},
	} {
		implementations := []func() float64{func() float64 {
			m := baseline.NewRWMap[int]()
			return longestWait(m, ks, m, c.call)
		}, func() float64 {
			s := engine("mutexstore").Strings(0)
			defer s.Close()
			return longestWait(s, ks, baseline.NewRWMap[int](), c.call)
		}}
		steps := make([][]float64, len(engines.All()))
		for i, e := range engines.All() {
			implementations = append(implementations, func() float64 {
				s := e.Strings(0)
				defer s.Close()
				wait := longestWait(s, ks, s, c.call)
				steps[i] = append(steps[i], float64(s.Stats().LongestSweepStep)/1e6)
				return wait
			})
		}
		m := alternateFresh(rounds, implementations...)
		for i, e := range engines.All() {
			name := fmt.Sprintf("%s longest wait of a %s while 1,000,000 expire / rwmap", e.Name, c.name)
			step := fmt.Sprintf("%s longest sweep step next to a %s / rwmap's wait", e.Name, c.name)
			figures = append(figures,
				figure.Ratio(name, m[i+2], m[0], "ms", c.goals[e.Name]),
				figure.Ratio(step, figure.Median(steps[i]), m[0], "ms", figure.NoGoal))
		}
		name := fmt.Sprintf("none: longest wait of a %s of a store that is not the one swept / rwmap", c.name)
		figures = append(figures, figure.Ratio(name, m[1], m[0], "ms", figure.NoGoal))
	}
	return figures
}
