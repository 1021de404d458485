package oracle

import (
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// A looseness is what sentence 29 leaves to a Sharded: each of its shards gives its
// own times, and a loop over all of them may raise the times of later modifications.
// So the oracle takes each LastModified from the engine and checks that the contract
// allows it.
type looseness[K comparable] struct {
	shards int
	listed time.Time       // the latest position that a caller received: see 13, 24
	ahead  time.Time       // the latest time that was merged: see 23
	last   map[K]time.Time // the latest LastModified of each key: see 6
}

func (l *looseness[K]) merged(key K, at time.Time) {
	l.ahead, l.last[key] = later(l.ahead, at), later(l.last[key], at)
}

// looseStamp returns the engine's LastModified of key if the contract allows it, or
// one of the oracle's own, so that the comparison finds a difference.
func (o *Oracle[K, V]) looseStamp(key K, now time.Time) time.Time {
	l, at := o.loose, o.engineStamp(key)
	least := later(later(l.listed, l.ahead), later(l.last[key], now.Add(-1)))
	if !at.After(least) || at.After(later(o.last, least).Add(time.Microsecond)) {
		at = o.last
	}
	l.last[key] = at
	o.last, o.given = later(o.last, at), later(o.given, at)
	return at
}

// CompareShards is Compare for s, which is a Sharded of so many shards: every
// result for one key must be that of the oracle, All the same set, ModifiedSince
// complete and in order of time, and the counters the sums of the shards'. What
// Watch yields is followed by a replica, which must then know what the oracle
// holds. The removal log is long enough for all that the calls remove.
func CompareShards[K comparable](s *lastmodstore.Sharded[K, int], shards int, o *Oracle[K, int], keys []K, calls Calls) error {
	o.loose = &looseness[K]{shards: shards, last: map[K]time.Time{}}
	return Compare(s, o, keys, calls)
}
