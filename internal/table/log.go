package table

import (
	"sort"
	"sync/atomic"

	"github.com/lastmodstore/lastmodstore/internal/config"
)

// The removal log remembers what the modification order cannot show: what was
// removed, and merges that arrived out of order. It holds the last records, in
// order of time. Together the two are the change feed's log: see watch.go.
//
// Until the first watcher comes, or from the start with the option RemovalLog,
// it remembers nothing but how far back that is: so no removed value stays
// reachable for nobody.
type removalLog[K comparable, V any] struct {
	limit   int
	active  atomic.Bool // set by a watcher, which shares the lock with others
	records deque[record[K, V]]
	newest  map[K]uint64 // number of each key's newest record
	horizon int64        // something that happened until then is forgotten
}

type record[K comparable, V any] struct {
	change[K, V]
	hash uint32
}

func (l *removalLog[K, V]) init(c config.Config) {
	l.limit = c.RemovalLog
	l.active.Store(c.RetainRemovals)
}

// reset forgets all records: they happened until horizon.
func (l *removalLog[K, V]) reset(horizon int64) {
	l.records, l.newest, l.horizon = deque[record[K, V]]{}, nil, horizon
}

// remembers reports whether records are kept.
func (l *removalLog[K, V]) remembers() bool { return l.limit > 0 && l.active.Load() }

func (l *removalLog[K, V]) at(n uint64) *record[K, V] { return l.records.at(n) }

// add remembers r, and forgets the oldest record if there are too many.
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

// after returns the number of the first record later than at, or one past the
// newest.
func (l *removalLog[K, V]) after(at int64) uint64 {
	first := l.records.oldest()
	return first + uint64(sort.Search(l.records.len(), func(i int) bool { return l.at(first+uint64(i)).at > at }))
}

// The expired remember when the last entries that expired since the first Merge
// were modified, so that it does not depend on the order of arrival whether an
// older one that is merged comes back.
type expired[K comparable] struct {
	limit    int
	keys     deque[K]
	modified map[K]int64
}

func (x *expired[K]) reset() { x.keys, x.modified = deque[K]{}, nil }

func (x *expired[K]) add(key K, modified int64) {
	if x.limit == 0 {
		return
	}
	if x.modified == nil {
		x.modified = map[K]int64{}
	}
	before := len(x.modified)
	if x.modified[key] = modified; len(x.modified) == before {
		return // it keeps its place in keys
	}
	if x.keys.len() == x.limit {
		delete(x.modified, *x.keys.at(x.keys.oldest()))
		x.keys.pop()
	}
	x.keys.push(key)
}

// supersedes reports whether an entry of key that is remembered was modified at
// the given time or later.
func (x *expired[K]) supersedes(key K, modified int64) bool {
	at, ok := x.modified[key]
	return ok && at >= modified
}
