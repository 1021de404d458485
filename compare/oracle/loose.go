package oracle

import (
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// A looseness is what sentence 29 leaves to a Sharded: its shards stamp each for
// itself, and a loop over all of them may raise the times of later modifications.
// So the engine tells each LastModified, and the oracle checks that it is one that
// the contract allows.
type looseness[K comparable] struct {
	shards int
	listed time.Time       // the latest position that a caller was given: see 13, 24
	ahead  time.Time       // the latest time that was merged: see 23
	last   map[K]time.Time // the latest LastModified of each key: see 6
}

func (l *looseness[K]) merged(key K, at time.Time) {
	l.ahead, l.last[key] = later(l.ahead, at), later(l.last[key], at)
}

// stamp sets the LastModified of key that the engine tells, or one of the oracle's
// own, which the comparison then finds to differ.
func (o *Oracle[K, V]) looseStamp(key K, now time.Time) time.Time {
	l, at := o.loose, o.told(key)
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
