package table

import (
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// The methods of this file change nothing but marks and counters, which are
// atomic: they may run beside each other.

// Get answers the value of key and its deadline, also if that has passed: the
// caller judges by its clock, which an entry that never expires spares it, and
// then calls CountRead.
func (t *Table[K, V]) Get(h uint32, key K) (value V, deadline int64, ok bool) {
	if i := t.find(h, key); i != none {
		t.markRead(i)
		s := t.slots.at(i)
		return s.value, s.deadline, true
	}
	return value, 0, false
}

// CountRead counts a hit or a miss, if the store counts reads.
func (t *Table[K, V]) CountRead(hit bool) {
	switch {
	case !t.config.CountReads:
	case hit:
		t.hits.Add(1)
	default:
		t.misses.Add(1)
	}
}

// GetEntry answers the entry of key, if it is live.
func (t *Table[K, V]) GetEntry(h uint32, key K, now int64) (e lastmodstore.Entry[V], ok bool) {
	if i := t.find(h, key); i != none && now < t.slots.at(i).deadline {
		t.markRead(i)
		e, ok = t.entry(i), true
	}
	t.CountRead(ok)
	return e, ok
}

// GetLastModified answers the time of key's entry, if it is live.
func (t *Table[K, V]) GetLastModified(h uint32, key K, now int64) (at time.Time, ok bool) {
	if i := t.find(h, key); i != none && now < t.slots.at(i).deadline {
		t.markRead(i)
		at, ok = t.line.Time(t.slots.at(i).modified), true
	}
	t.CountRead(ok)
	return at, ok
}

// A Lookup is one key of a GetMany, with its answer.
type Lookup[K comparable, V any] struct {
	Hash  uint32
	Key   K
	Entry lastmodstore.Entry[V]
	OK    bool
}

// GetMany answers each lookup.
func (t *Table[K, V]) GetMany(lookups []Lookup[K, V], now int64) {
	for i := range lookups {
		l := &lookups[i]
		l.Entry, l.OK = t.GetEntry(l.Hash, l.Key, now)
	}
}

// Stats answers the counters.
func (t *Table[K, V]) Stats() lastmodstore.Stats {
	s := t.stats
	s.Entries, s.Hits, s.Misses = t.Len(), t.hits.Load(), t.misses.Load()
	return s
}

func (t *Table[K, V]) entry(i uint32) lastmodstore.Entry[V] {
	s := t.slots.at(i)
	e := lastmodstore.Entry[V]{
		Value:        s.value,
		LastModified: t.line.Time(s.modified),
		TTL:          time.Duration(s.ttl),
	}
	if s.deadline != timeline.Never {
		e.ExpiresAt = t.line.Time(s.deadline)
	}
	return e
}
