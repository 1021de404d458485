package main

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore/compare"
	"github.com/lastmodstore/lastmodstore/compare/baseline"
)

// getSetter is what every contestant can do.
type getSetter interface {
	Get(key string) (int, bool)
	Set(key string, value int, ttl time.Duration) error
}

const ttl = time.Hour // long enough that nothing expires while it is timed

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

// drive makes ops calls from so many callers, a share of them sets, and answers
// nanoseconds a call.
func drive(s getSetter, keys []string, callers, ops, setPercent int) float64 {
	var wg sync.WaitGroup
	start := time.Now()
	for c := range callers {
		wg.Go(func() {
			x := uint32(c)*2654435761 + 12345
			for i := range ops / callers {
				x = x*1664525 + 1013904223 // a linear congruential generator: cheap, and alike for all
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

// inTurn runs each contestant once a round and answers their medians. The first
// round warms up and does not count.
func inTurn(rounds int, contestants ...func() float64) []float64 {
	times := make([][]float64, len(contestants))
	for round := range rounds + 1 {
		for i, run := range contestants {
			if t := run(); round > 0 {
				times[i] = append(times[i], t)
			}
		}
	}
	medians := make([]float64, len(contestants))
	for i := range times {
		medians[i] = median(times[i])
	}
	return medians
}

func median(x []float64) float64 {
	slices.Sort(x)
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}

func engine(name string) compare.Engine {
	for _, e := range compare.Engines() {
		if e.Name == name {
			return e
		}
	}
	panic("ratio: no engine " + name)
}

// calls compares the actor with the bare round trip and the textbook.
func calls(rounds int) []figure {
	const ops = 102400
	ks := keys(1000)
	actor := engine("actor").Strings(time.Minute)
	defer actor.Close()
	textbook := baseline.NewTextbook[int](time.Minute)
	defer textbook.Close()
	pingpong := baseline.NewPingPong()
	defer pingpong.Close()
	fill(actor, ks)
	fill(textbook, ks)

	m := inTurn(rounds,
		func() float64 { return drive(actor, ks, 1, ops, 0) },
		func() float64 { return drive(pingpong, ks, 1, ops, 0) })
	figures := []figure{{"actor Get / pingpong, callers=1", m[0], m[1], "ns", 1.5}}
	for _, callers := range []int{1, 8, 64, 512} {
		m := inTurn(rounds,
			func() float64 { return drive(actor, ks, callers, ops, 10) },
			func() float64 { return drive(textbook, ks, callers, ops, 10) })
		figures = append(figures, figure{fmt.Sprintf("actor Get with 10%% Set / textbook, callers=%d", callers), m[0], m[1], "ns", 0.7})
	}
	return figures
}

// batches compares GetMany, per key, with Get.
func batches(rounds int) []figure {
	const batch, repeat = 100, 5000
	ks := keys(1000)
	var figures []figure
	for _, e := range compare.Engines() {
		s := e.Strings(time.Minute)
		fill(s, ks)
		m := inTurn(rounds,
			func() float64 {
				start := time.Now()
				for i := range repeat {
					s.GetMany(ks[i%900:][:batch])
				}
				return float64(time.Since(start)) / repeat / batch
			},
			func() float64 { return drive(s, ks, 1, batch*repeat, 0) })
		s.Close()
		goal := 0.0
		if e.Name == "actor" {
			goal = 0.2
		}
		figures = append(figures, figure{e.Name + " GetMany of 100, per key / Get", m[0], m[1], "ns", goal})
	}
	return figures
}

// allocations counts those of a call about a present key.
func allocations(int) []figure {
	var figures []figure
	for _, e := range compare.Engines() {
		s := e.Strings(time.Minute)
		s.Set("a", 0, ttl)
		figures = append(figures,
			figure{e.Name + " allocations of a Get", testing.AllocsPerRun(10_000, func() { s.Get("a") }), 1, "", 0.0001},
			figure{e.Name + " allocations of a Set", testing.AllocsPerRun(10_000, func() { s.Set("a", 1, ttl) }), 1, "", 0.0001})
		s.Close()
	}
	return figures
}

// locks compares mutexstore with the plain map behind a lock.
func locks(rounds int) []figure {
	const ops = 1 << 20
	var figures []figure
	for _, n := range []int{1000, 100_000} {
		ks := keys(n)
		store := engine("mutex").Strings(time.Minute)
		rwmap := baseline.NewRWMap[int]()
		fill(store, ks)
		fill(rwmap, ks)
		runtime.GC()
		compareWith := func(name string, goroutines, setPercent int, goal float64) {
			m := inTurn(rounds,
				func() float64 { return drive(store, ks, goroutines, ops, setPercent) },
				func() float64 { return drive(rwmap, ks, goroutines, ops, setPercent) })
			figures = append(figures, figure{fmt.Sprintf("mutex %s / rwmap, keys=%d goroutines=%d", name, n, goroutines), m[0], m[1], "ns", goal})
		}
		goal := 1.15
		if n > 1000 {
			goal = 1.3
		}
		for _, g := range []int{1, 2, 16} {
			compareWith("Get", g, 0, goal)
		}
		compareWith("Set", 1, 100, 1.5)
		store.Close()
	}
	return figures
}
