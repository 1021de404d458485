// Package promcollector exports the statistics of a [lastmodstore.Store] to Prometheus.
//
// [New] returns a collector of all counters and gauges of [lastmodstore.Stats], and
// [NewHealth] one of how a node of a replicated store follows its log. [NewLoader] returns
// one of a [lastmodstore.Loader]. The label "store" is the store's name, so one registry can
// hold the collectors of several stores.
//
// A scrape calls Stats once, whose cost does not depend on how much is stored. Nothing
// happens between scrapes. A closed store exports nothing, so its series end.
//
// Registering a collector fails if the registry has one for the same name (with a
// [prometheus.AlreadyRegisteredError]), or if the name is not valid UTF-8. Scrapes do not
// fail. Collectors are safe for concurrent use.
package promcollector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/lastmodstore/lastmodstore"
)

// Source is the part of a [lastmodstore.Store] that New reads.
type Source interface {
	Stats() lastmodstore.Stats
	Done() <-chan struct{}
}

// New returns a collector of the statistics of s, with names that begin with
// lastmodstore_ and the label store="name". Hits and misses are 0 unless the store was
// opened with [lastmodstore.CountReads].
func New(name string, s Source) prometheus.Collector {
	return newCollector("lastmodstore_", name, emitStats, func() (lastmodstore.Stats, bool) {
		return s.Stats(), isOpen(s.Done()) // in this order
	})
}

func emitStats(s lastmodstore.Stats, emit emitter) {
	emit(gauge, "entries", float64(s.Entries), "Entries held, including expired ones that were not swept yet.")
	emit(gauge, "weight", float64(s.Weight), "Weight of these entries, with MaxWeight.")
	emit(gauge, "max_weight", float64(s.MaxWeight), "Limit of the weight; 0 without MaxWeight.")
	emit(counter, "hits_total", float64(s.Hits), "Reads of one key that found it, if reads are counted.")
	emit(counter, "misses_total", float64(s.Misses), "Reads of one key that did not find it, if reads are counted.")
	emit(counter, "sets_total", float64(s.Sets), "Entries stored, by any method.")
	emit(counter, "deletes_total", float64(s.Deletes), "Live entries removed by key.")
	emit(counter, "expirations_total", float64(s.Expirations), "Expired entries removed, by any method.")
	emit(counter, "evictions_total", float64(s.Evictions), "Live entries removed to make room.")
	emit(gauge, "pending_removals", float64(s.PendingRemovals), "Pending calls of OnRemove functions.")
	emit(counter, "sweeps_total", float64(s.Sweeps), "Completed cleanups.")
	emit(gauge, "longest_sweep_step_seconds", s.LongestSweepStep.Seconds(), "Longest time that a cleanup kept other operations waiting.")
}
