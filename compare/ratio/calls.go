package main

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
	"github.com/lastmodstore/lastmodstore/compare/baseline"
	"github.com/lastmodstore/lastmodstore/compare/engines"
	"github.com/lastmodstore/lastmodstore/compare/ratio/figure"
)

// calls compares the actor with the bare round trip and the textbook.
func calls(rounds int) []figure.Figure {
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

	m := alternate(rounds,
		func() float64 { return drive(actor, ks, 1, ops, 0) },
		func() float64 { return drive(pingpong, ks, 1, ops, 0) })
	figures := []figure.Figure{figure.Ratio("actor Get / pingpong, callers=1", m[0], m[1], "ns", 1.5)}
	for _, callers := range []int{1, 8, 64, 512} {
		m := alternate(rounds,
			func() float64 { return drive(actor, ks, callers, ops, 10) },
			func() float64 { return drive(textbook, ks, callers, ops, 10) })
		name := fmt.Sprintf("actor Get with 10%% Set / textbook, callers=%d", callers)
		figures = append(figures, figure.Ratio(name, m[0], m[1], "ns", 0.7))
	}
	return figures
}

const batch = 100 // keys of a GetMany

// getMany returns nanoseconds per key of batches.
func getMany(s lastmodstore.Store[string, int], ks []string) float64 {
	i := 0
	return timed(5000, func() {
		s.GetMany(ks[i%(len(ks)-batch):][:batch])
		i++
	}) / batch
}

// batches compares GetMany, per key, with Get.
func batches(rounds int) []figure.Figure {
	ks := keys(1000)
	var figures []figure.Figure
	for _, e := range engines.All() {
		s := e.Strings(time.Minute)
		fill(s, ks)
		m := alternate(rounds,
			func() float64 { return getMany(s, ks) },
			func() float64 { return drive(s, ks, 1, 500_000, 0) })
		s.Close()
		goal := 0.2
		if e.Name != "actor" {
			goal = figure.NoGoal
		}
		figures = append(figures, figure.Ratio(e.Name+" GetMany of 100, per key / Get", m[0], m[1], "ns", goal))
	}
	return figures
}

// sharded compares 16 shards with one store.
func sharded(rounds int) []figure.Figure {
	ks := keys(1000)
	var figures []figure.Figure
	for _, e := range engines.All() {
		one, many := e.Strings(time.Minute), compare.Shards(16, e).Strings(time.Minute)
		fill(one, ks)
		fill(many, ks)
		m := alternate(rounds,
			func() float64 { return drive(many, ks, 1, 500_000, 0) },
			func() float64 { return drive(one, ks, 1, 500_000, 0) },
			func() float64 { return getMany(many, ks) },
			func() float64 { return getMany(one, ks) })
		one.Close()
		many.Close()
		get := figure.Ratio(e.Name+" x16 Get / unsharded, callers=1", m[0], m[1], "ns", figure.NoGoal)
		perKey := figure.Ratio(e.Name+" x16 GetMany of 100, per key / unsharded", m[2], m[3], "ns", figure.NoGoal)
		if e.Name == "mutexstore" {
			get.Goal = 1.15
		} else {
			perKey = perKey.Versus(0.4)
		}
		figures = append(figures, get, perKey)
	}
	return figures
}

// allocations counts those of a call on a present key.
func allocations(int) []figure.Figure {
	var figures []figure.Figure
	for _, e := range engines.All() {
		s := e.Strings(time.Minute)
		s.Set("a", 0, ttl)
		for _, c := range []struct {
			name string
			call func()
		}{
			{"Get", func() { s.Get("a") }},
			{"Set", func() { s.Set("a", 1, ttl) }},
			{"Touch", func() { s.Touch("a", ttl) }},
		} {
			figures = append(figures, figure.Value(e.Name+" allocations of "+c.name, testing.AllocsPerRun(10_000, c.call), "", 0))
		}
		s.Close()
	}
	return figures
}

// locks compares mutexstore with the plain map behind a lock.
func locks(rounds int) []figure.Figure {
	const ops = 1 << 20
	var figures []figure.Figure
	for _, n := range []int{1000, 100_000} {
		ks := keys(n)
		store := engine("mutexstore").Strings(time.Minute)
		rwmap := baseline.NewRWMap[int]()
		fill(store, ks)
		fill(rwmap, ks)
		runtime.GC()
		compareWith := func(name string, callers, setPercent int, goal float64) figure.Figure {
			m := alternate(rounds,
				func() float64 { return drive(store, ks, callers, ops, setPercent) },
				func() float64 { return drive(rwmap, ks, callers, ops, setPercent) })
			return figure.Ratio(fmt.Sprintf("mutexstore %s / rwmap, keys=%d callers=%d", name, n, callers), m[0], m[1], "ns", goal)
		}
		get, versus := 1.15, 0.7
		if n > 1000 {
			get, versus = 1.3, 0.6
		}
		for _, callers := range []int{1, 2, 16} {
			figures = append(figures, compareWith("Get", callers, 0, get))
		}
		for _, callers := range []int{2, 16} {
			figures = append(figures, compareWith("Get with 10% Set", callers, 10, figure.NoGoal).Versus(versus))
		}
		figures = append(figures, compareWith("Set", 1, 100, 1.5))
		store.Close()
	}
	return figures
}
