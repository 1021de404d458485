// This file holds all code that runs without a lock, concurrently with a writer.

package mutexstore

import (
	"math"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

func (s *Store[K, V]) Get(key K) (V, bool) { return s.get(table.Hash(s.seed, key), key) }

func (s *Store[K, V]) get(hash uint64, key K) (V, bool) {
	h := table.Short(hash)
	passed := int64(math.MinInt64) // a reading of the clock, before the look-up
	for {
		reader := s.readers.Enter()
		value, deadline, result := s.table.Get(h, key)
		reader.Leave()
		switch {
		case result == table.Hidden:
			return s.getLocked(h, key)
		case result == table.Absent || deadline <= passed:
			s.table.CountRead(false)
			var none V
			return none, false
		case deadline == timeline.Never:
			s.table.CountRead(true)
			return value, true
		}
		switch passed = s.line.Now(); {
		case passed < deadline:
			s.table.CountRead(true)
			return value, true
		case s.isRenewing(h):
			return s.getLocked(h, key)
		}
	}
}

// isRenewing reports whether a writer is about to give the entry with hash h a later
// deadline, if that had not expired when the write began. A reader that finds
// none, after it has read the clock, and then looks up the old deadline, is right
// that the key is absent: a writer that begins now reads a later time. Otherwise
// the reader has to wait for the writer, which may have read an earlier one.
func (s *Store[K, V]) isRenewing(h uint32) bool { return s.renewing.Load() == renewal(h) }

func renewal(h uint32) uint64 { return 1<<32 | uint64(h) }

// getLocked is Get when a writer holds the lock that must be waited for.
func (s *Store[K, V]) getLocked(h uint32, key K) (V, bool) {
	var c table.Copy[V]
	ok := s.lookLocked(h, key, &c, (*table.Table[K, V]).GetCopy)
	s.table.CountRead(ok)
	return c.Value(), ok
}

func (s *Store[K, V]) GetEntry(key K) (lastmodstore.Entry[V], bool) {
	return s.getEntry(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) getEntry(h uint64, key K) (lastmodstore.Entry[V], bool) {
	var c table.Copy[V]
	ok := s.look(table.Short(h), key, &c, (*table.Table[K, V]).GetCopy)
	s.table.CountRead(ok)
	return c.Entry(s.line), ok
}

func (s *Store[K, V]) GetLastModified(key K) (time.Time, bool) {
	return s.getLastModified(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) getLastModified(h uint64, key K) (time.Time, bool) {
	var c table.Copy[V]
	ok := s.look(table.Short(h), key, &c, (*table.Table[K, V]).GetCopy)
	s.table.CountRead(ok)
	return c.LastModified(s.line), ok
}

func (s *Store[K, V]) peekKey(key K) (lastmodstore.Entry[V], bool) {
	return s.peek(table.Hash(s.seed, key), key)
}

// peek is GetEntry for a loop: it leaves no mark and is not counted.
func (s *Store[K, V]) peek(h uint64, key K) (lastmodstore.Entry[V], bool) {
	var c table.Copy[V]
	ok := s.look(table.Short(h), key, &c, (*table.Table[K, V]).PeekCopy)
	return c.Entry(s.line), ok
}

type lookUp[K comparable, V any] func(*table.Table[K, V], uint32, K, *table.Copy[V]) table.Result

// look copies the entry of key, if it is live. It is Get for whole entries.
func (s *Store[K, V]) look(h uint32, key K, c *table.Copy[V], lookUp lookUp[K, V]) bool {
	passed := int64(math.MinInt64)
	for {
		reader := s.readers.Enter()
		result := lookUp(&s.table, h, key, c)
		reader.Leave()
		switch {
		case result == table.Hidden:
			return s.lookLocked(h, key, c, lookUp)
		case result == table.Absent || c.Deadline() <= passed:
			c.Clear()
			return false
		}
		switch passed = s.line.Now(); {
		case passed < c.Deadline():
			return true
		case s.isRenewing(h):
			return s.lookLocked(h, key, c, lookUp)
		}
	}
}

func (s *Store[K, V]) lookLocked(h uint32, key K, c *table.Copy[V], lookUp lookUp[K, V]) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	ok := lookUp(&s.table, h, key, c) == table.Present && s.line.Now() < c.Deadline()
	if !ok {
		c.Clear()
	}
	return ok
}
