package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
	"github.com/lastmodstore/lastmodstore/cmd/compare/workload"
	"github.com/lastmodstore/lastmodstore/compare/ratio/figure"
)

const (
	rate     = 20_000  // calls per second
	expiring = 200_000 // entries
)

// The three variants of an engine differ in where they store the entries that
// expire during the measurement.
const (
	here      = ""                 // in the same store
	nowhere   = ", no sweep"       // they are not stored
	elsewhere = ", sweep of other" // in another store: shows what the sweep takes from the machine
)

// latency compares the latency of an open loop during a sweep with that without a
// sweep. All variants alternate within one cell.
func latency(rounds int) ([]figure.Figure, error) {
	var all []implementation.Implementation
	names := []string{"actor", "mutexstore", "mutexstore x16"}
	for _, name := range names {
		for _, variant := range []string{here, nowhere, elsewhere} {
			all = append(all, diverted(name, variant))
		}
	}
	cell := workload.Latency(plan, rate, expiring)
	cell.Rounds = rounds
	results, err := measure([]workload.Cell{cell}, all, rounds)
	if err != nil {
		return nil, err
	}
	var figures []figure.Figure
	for _, call := range []string{"read", "write"} {
		for _, name := range names {
			goal := float64(figure.NoGoal)
			if call == "read" && name == "mutexstore" {
				goal = 2
			}
			figures = append(figures, quantileRatio(results[0], name, here, call, "during a sweep", goal),
				quantileRatio(results[0], name, elsewhere, call, "during a sweep of another store", figure.NoGoal))
		}
	}
	return figures, nil
}

func quantileRatio(c result.Cell, name, variant, call, when string, goal float64) figure.Figure {
	title := fmt.Sprintf("%s p99.9 of a %s %s / without one", name, call, when)
	f := ratio(c, title, name+variant, name+nowhere, call+" p99.9", "us", goal)
	for _, m := range []struct{ name, unit string }{{call + " max", " us"}, {"preempted", " times"}} {
		f.Note += fmt.Sprintf(", %s %.4g / %.4g%s", m.name, median(c, name+variant, m.name), median(c, name+nowhere, m.name), m.unit)
	}
	return f
}

// diverted returns an engine in a variant.
func diverted(name, variant string) implementation.Implementation {
	all, err := implementation.Choose([]string{name})
	if err != nil {
		panic(err) // it is a constant
	}
	engine := all[0]
	engine.Name += variant
	open := engine.Small
	engine.Small = func(o implementation.Options) (implementation.Store[int], error) {
		s, err := open(o)
		d := divert{Store: s, expiring: s}
		switch variant {
		case nowhere:
			d.expiring = nil
		case elsewhere:
			var other error
			d.expiring, other = open(o)
			err = errors.Join(err, other)
		}
		return d, err
	}
	return engine
}

// A divert stores entries that expire soon in another store, or not at all.
type divert struct {
	implementation.Store[int]
	expiring implementation.Store[int]
}

func (d divert) Set(key string, value int, ttl time.Duration) error {
	switch {
	case ttl > time.Minute:
		return d.Store.Set(key, value, ttl)
	case d.expiring == nil:
		return nil
	}
	return d.expiring.Set(key, value, ttl)
}

func (d divert) Close() error {
	var err error
	for _, s := range []any{d.Store, d.expiring} {
		if c, ok := s.(implementation.Closer); ok {
			err = errors.Join(err, c.Close())
		}
	}
	return err
}
