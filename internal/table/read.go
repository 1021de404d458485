package table

import (
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// The methods in this file change nothing but marks and counters, which are atomic, so
// goroutines that hold the read lock may call them concurrently.

// GetEntry returns the entry of key, if it is live.
func (t *Table[K, V]) GetEntry(h uint32, key K, now int64) (e lastmodstore.Entry[V], ok bool) {
	if i := t.find(h, key); i != none && now < t.slots.at(i).deadline {
		markRead(t.slots.marks, i)
		e, ok = t.entry(i), true
	}
	t.CountRead(ok)
	return e, ok
}

// Peek is GetEntry for a loop: it sets no mark and is not counted.
func (t *Table[K, V]) Peek(h uint32, key K, now int64) (e lastmodstore.Entry[V], ok bool) {
	if i := t.find(h, key); i != none && now < t.slots.at(i).deadline {
		return t.entry(i), true
	}
	return e, false
}

// GetLastModified returns when the entry of key was last modified, if it is live.
func (t *Table[K, V]) GetLastModified(h uint32, key K, now int64) (at time.Time, ok bool) {
	if i := t.find(h, key); i != none && now < t.slots.at(i).deadline {
		markRead(t.slots.marks, i)
		at, ok = t.line.Time(t.slots.at(i).modified), true
	}
	t.CountRead(ok)
	return at, ok
}

// A Lookup is the result for one key of a GetMany. It is converted to an Entry outside
// the lock or the owner.
type Lookup[V any] struct {
	hash uint32
	ok   bool
	times
	value V
}

// GetMany fills in the lookup of each key.
func (t *Table[K, V]) GetMany(keys []K, lookups []Lookup[V], now int64) {
	for n := range lookups {
		l := &lookups[n]
		if i := t.find(l.hash, keys[n]); i != none && now < t.slots.at(i).deadline {
			markRead(t.slots.marks, i)
			s := t.slots.at(i)
			l.ok, l.times, l.value = true, s.times, s.value
		}
		t.CountRead(l.ok)
	}
}

// Stats returns the counters.
func (t *Table[K, V]) Stats() lastmodstore.Stats {
	s := t.stats
	s.Entries, s.Sets = t.Len(), t.sets
	s.Weight, s.MaxWeight = int(t.weights.total), int(t.weights.max)
	s.Hits, s.Misses = t.reads.sum()
	return s
}

// A Copy is a copy of an entry that was made under the lock or by the owner. It is
// converted to an Entry outside.
type Copy[V any] struct {
	value V
	times
	ok bool
}

// Value returns the value of c, or the zero value if c holds no entry.
func (c *Copy[V]) Value() V { return c.value }

// Deadline returns the deadline of c, which must hold an entry.
func (c *Copy[V]) Deadline() int64 { return c.deadline }

// LastModified returns when c was last modified, or the zero time if c holds no entry.
func (c *Copy[V]) LastModified(line *timeline.Timeline) (at time.Time) {
	if c.ok {
		at = line.Time(c.modified)
	}
	return at
}

// Clear makes c hold no entry.
func (c *Copy[V]) Clear() { *c = Copy[V]{} }

func (t *Table[K, V]) copyTo(c *Copy[V], i uint32) {
	s := t.slots.at(i)
	c.value, c.times, c.ok = s.value, s.times, true
}

// Entry returns c as an Entry, or the zero Entry if c holds no entry.
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
		TTL:          time.Duration(at.ttl()),
	}
	if at.deadline != timeline.Never {
		e.ExpiresAt = line.Time(at.deadline)
	}
	return e
}
