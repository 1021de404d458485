// Package otelmetrics exports the statistics of a [lastmodstore.Store] as OpenTelemetry
// metrics: [Register] creates an observable instrument for each counter and gauge of
// [lastmodstore.Stats], and [RegisterLoader] for those of a [lastmodstore.Loader]. The
// attribute lastmodstore.store.name is the store's name, so one meter can have several
// stores, each with a name of its own.
//
// A collection calls Stats once, whose cost does not depend on how much is stored. Nothing
// happens between collections. A closed store is not observed. Register returns the errors
// of the meter. It and the function that it returns are safe for concurrent use.
package otelmetrics

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/lastmodstore/lastmodstore"
)

// Source is the part of a [lastmodstore.Store] that Register reads.
type Source interface {
	Stats() lastmodstore.Stats
	Done() <-chan struct{}
}

// Register makes meter observe the statistics of s under name, until unregister is called.
// Hits and misses are 0 unless the store was opened with [lastmodstore.CountReads].
func Register(meter metric.Meter, name string, s Source) (unregister func() error, err error) {
	return register(meter, name, instruments, func() (stats, bool) {
		stats := s.Stats()
		select {
		case <-s.Done(): // a store closes it before its counters become zero
			return stats, false
		default:
			return stats, true
		}
	})
}

func register[S any](meter metric.Meter, name string, instruments []instrument[S], read func() (S, bool)) (unregister func() error, err error) {
	attributes := metric.WithAttributes(attribute.String("lastmodstore.store.name", name))
	observables := make([]metric.Observable, len(instruments))
	observers := make([]observer[S], len(instruments))
	for i, create := range instruments {
		if observables[i], observers[i], err = create(meter); err != nil {
			return nil, err
		}
	}
	registration, err := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		if snapshot, ok := read(); ok {
			for _, observe := range observers {
				observe(o, snapshot, attributes)
			}
		}
		return nil
	}, observables...)
	if err != nil && registration != nil { // for some of the instruments
		err = errors.Join(err, registration.Unregister())
	}
	if err != nil {
		return nil, err
	}
	return registration.Unregister, nil
}

type stats = lastmodstore.Stats

var instruments = []instrument[stats]{
	gauge("entry.count", "{entry}", "Entries held, including expired ones that were not swept yet.", func(s stats) int { return s.Entries }),
	gauge("weight", "{weight}", "Weight of these entries, with MaxWeight.", func(s stats) int { return s.Weight }),
	gauge("weight.limit", "{weight}", "Limit of the weight; 0 without MaxWeight.", func(s stats) int { return s.MaxWeight }),
	counter("hits", "{read}", "Reads of one key that found it, if reads are counted.", func(s stats) uint64 { return s.Hits }),
	counter("misses", "{read}", "Reads of one key that did not find it, if reads are counted.", func(s stats) uint64 { return s.Misses }),
	counter("sets", "{entry}", "Entries stored, by any method.", func(s stats) uint64 { return s.Sets }),
	counter("deletes", "{entry}", "Live entries removed by key.", func(s stats) uint64 { return s.Deletes }),
	counter("expirations", "{entry}", "Expired entries removed, by any method.", func(s stats) uint64 { return s.Expirations }),
	counter("evictions", "{entry}", "Live entries removed to make room.", func(s stats) uint64 { return s.Evictions }),
	gauge("pending_removal.count", "{call}", "Pending calls of OnRemove functions.", func(s stats) int { return s.PendingRemovals }),
	counter("sweeps", "{sweep}", "Completed cleanups.", func(s stats) uint64 { return s.Sweeps }),
	longestSweepStep,
}

func longestSweepStep(m metric.Meter) (metric.Observable, observer[stats], error) {
	i, err := m.Float64ObservableGauge("lastmodstore.longest_sweep_step", metric.WithUnit("s"), metric.WithDescription("Longest time that a cleanup kept other operations waiting."))
	return i, func(o metric.Observer, s stats, a metric.ObserveOption) {
		o.ObserveFloat64(i, s.LongestSweepStep.Seconds(), a)
	}, err
}
