package otelmetrics

import "go.opentelemetry.io/otel/metric"

// An instrument of a snapshot of type S creates itself on a meter.
type instrument[S any] func(metric.Meter) (metric.Observable, observer[S], error)

// An observer observes the value of one instrument.
type observer[S any] func(metric.Observer, S, metric.ObserveOption)

func counter[S any](name, unit, about string, value func(S) uint64) instrument[S] {
	return func(m metric.Meter) (metric.Observable, observer[S], error) {
		i, err := m.Int64ObservableCounter("lastmodstore."+name, metric.WithUnit(unit), metric.WithDescription(about))
		return i, func(o metric.Observer, s S, a metric.ObserveOption) { o.ObserveInt64(i, int64(value(s)), a) }, err
	}
}

// gauge is an UpDownCounter, since the sum over several stores has a meaning.
func gauge[S any](name, unit, about string, value func(S) int) instrument[S] {
	return func(m metric.Meter) (metric.Observable, observer[S], error) {
		i, err := m.Int64ObservableUpDownCounter("lastmodstore."+name, metric.WithUnit(unit), metric.WithDescription(about))
		return i, func(o metric.Observer, s S, a metric.ObserveOption) { o.ObserveInt64(i, int64(value(s)), a) }, err
	}
}
