package promcollector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/lastmodstore/lastmodstore"
)

// LoaderSource is the part of a [lastmodstore.Loader] that NewLoader reads.
type LoaderSource interface {
	Stats() lastmodstore.LoaderStats
}

// NewLoader returns a collector of the statistics of l, with names that begin with
// lastmodstore_loader_ and the label store="name". Since Close does not change them, they
// are exported until the collector is unregistered.
func NewLoader(name string, l LoaderSource) prometheus.Collector {
	return newCollector("lastmodstore_loader_", name, emitLoader, func() (lastmodstore.LoaderStats, bool) {
		return l.Stats(), true
	})
}

func emitLoader(s lastmodstore.LoaderStats, emit emitter) {
	emit(counter, "calls_total", float64(s.Calls), "Calls of the load functions that have ended.")
	emit(counter, "loads_total", float64(s.Loads), "Keys that these calls were for.")
	emit(counter, "load_seconds_total", s.LoadTime.Seconds(), "Time spent in these calls.")
	emit(counter, "failures_total", float64(s.Failures), "Failed loads.")
	emit(gauge, "waiting", float64(s.Waiting), "Callers that are waiting for a load.")
	emit(counter, "stale_total", float64(s.Stale), "Stale entries that were returned because of ServeStale.")
	emit(counter, "refreshes_total", float64(s.Refreshes), "Loads begun by RefreshAhead.")
}
