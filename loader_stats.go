package lastmodstore

import (
	"sync/atomic"
	"time"
)

// LoaderStats are the counters of a [Loader], which start at zero when it is opened, and
// which Close does not change. Each counter is exact, but they are not read at a single
// instant.
type LoaderStats struct {
	Calls     uint64        // calls of the load functions that have ended
	Loads     uint64        // keys that these calls were for; more than Calls with LoadMany
	LoadTime  time.Duration // total time spent in these calls; LoadTime / Calls is their mean
	Failures  uint64        // failed loads, as described for OnLoadError
	Waiting   int           // callers that are waiting for a load now
	Stale     uint64        // stale entries that GetFresh returned because of ServeStale
	Refreshes uint64        // loads begun by RefreshAhead, one for each key
}

// counters are the counters of LoaderStats.
type counters struct {
	calls, loads, nanoseconds  atomic.Uint64
	failures, stale, refreshes atomic.Uint64
	waiting                    atomic.Int64
}

// called counts a call for the given number of keys that took d.
func (c *counters) called(keys int, d time.Duration) {
	c.loads.Add(uint64(keys))
	c.nanoseconds.Add(uint64(d))
	c.calls.Add(1)
}

// Stats returns the current counters. It takes no lock.
func (l *Loader[K, V]) Stats() LoaderStats {
	return LoaderStats{
		Calls:     l.counts.calls.Load(),
		Loads:     l.counts.loads.Load(),
		LoadTime:  time.Duration(l.counts.nanoseconds.Load()),
		Failures:  l.counts.failures.Load(),
		Waiting:   int(l.counts.waiting.Load()),
		Stale:     l.counts.stale.Load(),
		Refreshes: l.counts.refreshes.Load(),
	}
}
