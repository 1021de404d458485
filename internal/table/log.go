package table

import (
	"sort"
	"sync/atomic"

	"github.com/lastmodstore/lastmodstore/internal/config"
)

// A removalLog remembers what the modification order cannot show: removals, and merges
// that arrived out of order. It holds the latest records, in order of time. Together
// with the modification order it is the log of the change feed: see watch.go.
//
// Until the first Watch it keeps only the horizon, so that no removed value is retained
// without a watcher. With the option RemovalLog it keeps records from the start.
type removalLog[K comparable, V any] struct {
	limit   int
	active  atomic.Bool // set by watchers, which hold only the read lock
	records deque[record[K, V]]
	newest  map[K]uint64 // number of each key's newest record
	horizon int64        // what happened until then may be forgotten
}

type record[K comparable, V any] struct {
	change[K, V]
	hash uint32
}

func (l *removalLog[K, V]) init(c config.Config) {
	l.limit = c.RemovalLog
	l.active.Store(c.RetainRemovals || c.Deterministic)
}

// reset forgets all records, none of which is later than horizon.
func (l *removalLog[K, V]) reset(horizon int64) {
	l.records, l.newest, l.horizon = deque[record[K, V]]{}, nil, horizon
}

// remembers reports whether records are kept.
func (l *removalLog[K, V]) remembers() bool { return l.limit > 0 && l.active.Load() }

func (l *removalLog[K, V]) at(n uint64) *record[K, V] { return l.records.at(n) }

// add adds r, and drops the oldest record if the log is full.
func (l *removalLog[K, V]) add(r record[K, V]) {
	if l.newest == nil {
		l.newest = map[K]uint64{}
	}
	if l.records.len() == l.limit {
		n := l.records.oldest()
		oldest := l.at(n)
		if l.newest[oldest.key] == n {
			delete(l.newest, oldest.key)
		}
		l.horizon = oldest.at
		l.records.pop()
	}
	l.records.push(r)
	l.newest[r.key] = l.records.next
}

// after returns the number of the first record later than at, or one past the newest
// if there is none.
func (l *removalLog[K, V]) after(at int64) uint64 {
	first := l.records.oldest()
	return first + uint64(sort.Search(l.records.len(), func(i int) bool { return l.at(first+uint64(i)).at > at }))
}

// An expiredLog remembers the modification times of the latest entries that expired
// after the first Merge. So a merge of an older entry has the same result whether it
// arrives before or after the newer one has expired.
type expiredLog[K comparable] struct {
	limit    int
	keys     deque[K]
	modified map[K]int64
}

func (x *expiredLog[K]) reset() { x.keys, x.modified = deque[K]{}, nil }

func (x *expiredLog[K]) add(key K, modified int64) {
	if x.limit == 0 {
		return
	}
	if x.modified == nil {
		x.modified = map[K]int64{}
	}
	before := len(x.modified)
	if x.modified[key] = modified; len(x.modified) == before {
		return // key is in keys already
	}
	if x.keys.len() == x.limit {
		delete(x.modified, *x.keys.at(x.keys.oldest()))
		x.keys.pop()
	}
	x.keys.push(key)
}

// supersedes reports whether x remembers an entry of key that was modified at the given
// time or later.
func (x *expiredLog[K]) supersedes(key K, modified int64) bool {
	at, ok := x.modified[key]
	return ok && at >= modified
}
