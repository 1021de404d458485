package main

import (
	"context"
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
	"github.com/lastmodstore/lastmodstore/compare/baseline"
	"github.com/lastmodstore/lastmodstore/compare/engines"
	"github.com/lastmodstore/lastmodstore/compare/ratio/figure"
)

// feeds measures what the change feed costs writers and watchers.
func feeds(rounds int) []figure.Figure {
	pingpong := baseline.NewPingPong()
	defer pingpong.Close()
	var figures []figure.Figure
	for _, e := range engines.All() {
		m := alternate(rounds,
			func() float64 { return receipt(e) },
			func() float64 { return drive(pingpong, keys(1), 1, 100_000, 0) })
		figures = append(figures, figure.Ratio(e.Name+" from Set to a watcher's receipt / pingpong", m[0], m[1], "ns", 3))
	}
	for _, e := range engines.All() {
		s := filled(e, million)
		m := alternate(rounds, func() float64 { return backlog(s, million) })
		s.Close()
		figures = append(figures, figure.Value(e.Name+" reading 1,000,000 changes, each", m[0], "ns", 150))
	}
	for _, e := range engines.All() {
		figures = append(figures, setWithWatchers(e, 1, 1000, "parked", 1.05, rounds), setWithWatchers(e, 1, 1000, "waiting", 1.05, rounds))
	}
	for _, e := range engines.All() {
		for _, watchers := range []int{100, 1000} {
			figures = append(figures, setWithWatchers(compare.Shards(16, e), 1000, watchers, "waiting", 2, rounds))
		}
	}
	return figures
}

// receipt returns nanoseconds from before a Set until the body of a watcher that
// waited for it runs.
func receipt(e compare.Engine) float64 {
	const sets = 50_000
	s := e.Strings(0)
	defer s.Close()
	s.Set("mark", 0, 0)
	mark, _ := s.GetLastModified("mark")
	var start time.Time
	received := make(chan time.Duration)
	go func() {
		for e := range s.Watch(context.Background(), mark) {
			if e.Kind == lastmodstore.Modified {
				received <- time.Since(start)
			}
		}
	}()
	var sum time.Duration
	for i := range sets {
		start = time.Now()
		s.Set("a", i, 0)
		sum += <-received
	}
	return float64(sum) / sets
}

// backlog reads n changes through a watcher that begins at the first.
func backlog(s lastmodstore.Store[string, int], n int) float64 {
	start, seen := time.Now(), 0
	for range s.Watch(context.Background(), time.Time{}) {
		if seen++; seen == n {
			break
		}
	}
	return float64(time.Since(start)) / float64(n)
}

// setWithWatchers measures Set of one of n keys while watchers are parked in their
// loop bodies, or wait for each change.
func setWithWatchers(e compare.Engine, n, watchers int, kind string, goal float64, rounds int) figure.Figure {
	ks := keys(n)
	watched, alone := e.Strings(0), e.Strings(0)
	defer watched.Close()
	defer alone.Close()
	watched.Set("a", 0, 0)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	begun := make(chan struct{})
	for range watchers {
		go func() {
			first := true
			for range watched.Watch(ctx, time.Time{}) {
				if first {
					first = false
					begun <- struct{}{}
				}
				if kind == "parked" {
					<-ctx.Done()
				}
			}
		}()
	}
	for range watchers {
		<-begun
	}
	set := func(s lastmodstore.Store[string, int]) func() float64 {
		return func() float64 { return drive(s, ks, 1, 20_000, 100) }
	}
	m := alternate(10*rounds, set(watched), set(alone)) // a small difference
	return figure.Ratio(fmt.Sprintf("%s Set, keys=%d, with %d %s watchers / none", e.Name, n, watchers, kind), m[0], m[1], "ns", goal)
}
