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

// Peek is GetEntry for a loop: it leaves no mark and is not counted.
func (t *Table[K, V]) Peek(h uint32, key K, now int64) (e lastmodstore.Entry[V], ok bool) {
	if i := t.find(h, key); i != none && now < t.slots.at(i).deadline {
		return t.entry(i), true
	}
	return e, false
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

// A Lookup is the answer to one key of a GetMany. It becomes an Entry only
// outside the lock or the owner.
type Lookup[V any] struct {
	hash uint32
	ok   bool
	times
	value V
}

// GetMany answers the lookup of each key.
func (t *Table[K, V]) GetMany(keys []K, lookups []Lookup[V], now int64) {
	for n := range lookups {
		l := &lookups[n]
		if i := t.find(l.hash, keys[n]); i != none && now < t.slots.at(i).deadline {
			t.markRead(i)
			s := t.slots.at(i)
			l.ok, l.times, l.value = true, s.times, s.value
		}
		t.CountRead(l.ok)
	}
}

// Stats answers the counters.
func (t *Table[K, V]) Stats() lastmodstore.Stats {
	s := t.stats
	s.Entries, s.Sets, s.Hits, s.Misses = t.Len(), t.sets, t.hits.Load(), t.misses.Load()
	return s
}

// A Copy is an entry as it was under the lock. It becomes an Entry outside it.
type Copy[V any] struct {
	value V
	times
	ok bool
}

func (t *Table[K, V]) copyTo(c *Copy[V], i uint32) {
	s := t.slots.at(i)
	c.value, c.times, c.ok = s.value, s.times, true
}

// Entry returns c as an entry: the zero Entry if there was none.
func (c *Copy[V]) Entry(line *timeline.Timeline) (e lastmodstore.Entry[V]) {
	if c.ok {
		e = newEntry(line, c.value, c.times)
	}
	return e
}

func (t *Table[K, V]) entry(i uint32) lastmodstore.Entry[V] {
	s := t.slots.at(i)
	return newEntry(t.line, s.value, s.times)
}

func newEntry[V any](line *timeline.Timeline, value V, at times) lastmodstore.Entry[V] {
	e := lastmodstore.Entry[V]{
		Value:        value,
		LastModified: line.Time(at.modified),
		TTL:          time.Duration(at.life()),
	}
	if at.deadline != timeline.Never {
		e.ExpiresAt = line.Time(at.deadline)
	}
	return e
}
