package otelmetrics

import (
	"go.opentelemetry.io/otel/metric"

	"github.com/lastmodstore/lastmodstore"
)

// LoaderSource is the part of a [lastmodstore.Loader] that RegisterLoader reads.
type LoaderSource interface {
	Stats() lastmodstore.LoaderStats
}

// RegisterLoader makes meter observe the statistics of l under name, until unregister is
// called. Since Close does not change them, a closed loader is still observed.
func RegisterLoader(meter metric.Meter, name string, l LoaderSource) (unregister func() error, err error) {
	return register(meter, name, loaderInstruments, func() (loaderStats, bool) { return l.Stats(), true })
}

type loaderStats = lastmodstore.LoaderStats

var loaderInstruments = []instrument[loaderStats]{
	counter("loader.calls", "{call}", "Calls of the load functions that have ended.", func(s loaderStats) uint64 { return s.Calls }),
	counter("loader.loads", "{key}", "Keys that these calls were for.", func(s loaderStats) uint64 { return s.Loads }),
	loadTime,
	counter("loader.failures", "{load}", "Failed loads.", func(s loaderStats) uint64 { return s.Failures }),
	gauge("loader.waiting.count", "{caller}", "Callers that are waiting for a load.", func(s loaderStats) int { return s.Waiting }),
	counter("loader.stale", "{entry}", "Stale entries that were returned because of ServeStale.", func(s loaderStats) uint64 { return s.Stale }),
	counter("loader.refreshes", "{load}", "Loads begun by RefreshAhead.", func(s loaderStats) uint64 { return s.Refreshes }),
}

func loadTime(m metric.Meter) (metric.Observable, observer[loaderStats], error) {
	i, err := m.Float64ObservableCounter("lastmodstore.loader.load_time", metric.WithUnit("s"),
		metric.WithDescription("Time spent in these calls."))
	return i, func(o metric.Observer, s loaderStats, a metric.ObserveOption) {
		o.ObserveFloat64(i, s.LoadTime.Seconds(), a)
	}, err
}
