// This file contains all code that runs without a lock, concurrently with a writer.

package mutexstore

import (
	"math"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// Get implements [lastmodstore.Reader]: it returns the value for key and reports
// whether it was present. It takes no lock.
func (s *Store[K, V]) Get(key K) (V, bool) { return s.get(table.Hash(s.seed, key), key) }

func (s *Store[K, V]) get(hash uint64, key K) (V, bool) {
	h := table.Short(hash)
	lastNow := int64(math.MinInt64) // when the clock was last read, before this look-up
	for {
		reader := s.readers.Enter()
		value, deadline, result := s.table.Get(h, key)
		reader.Leave()
		switch {
		case result == table.Hidden:
			return s.getUnderLock(h, key)
		case result == table.Absent || deadline <= lastNow:
			s.table.CountRead(false)
			var none V
			return none, false
		case deadline == timeline.Never:
			s.table.CountRead(true)
			return value, true
		}
		switch lastNow = s.line.Now(); {
		case lastNow < deadline:
			s.table.CountRead(true)
			return value, true
		case s.isRenewing(h):
			return s.getUnderLock(h, key)
		}
	}
}

// isRenewing reports whether a writer may be about to give the entry with hash h a
// later deadline, because the entry had not expired when the write began. A reader
// calls it after it has read the clock. If there is no such writer, and the next
// look-up still finds the old deadline, the key is absent: a writer that begins now
// reads a later time. Otherwise the reader waits for the writer, which may have read
// an earlier time.
func (s *Store[K, V]) isRenewing(h uint32) bool { return s.renewing.Load() == renewal(h) }

func renewal(h uint32) uint64 { return 1<<32 | uint64(h) }

// getUnderLock is Get for a reader that must wait for the writer that holds the lock.
func (s *Store[K, V]) getUnderLock(h uint32, key K) (V, bool) {
	var c table.Copy[V]
	ok := s.copyUnderLock(h, key, &c, (*table.Table[K, V]).GetCopy)
	s.table.CountRead(ok)
	return c.Value(), ok
}

// GetEntry implements [lastmodstore.Reader]: it returns the value for key with its
// times and reports whether it was present. It takes no lock.
func (s *Store[K, V]) GetEntry(key K) (lastmodstore.Entry[V], bool) {
	return s.getEntry(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) getEntry(h uint64, key K) (lastmodstore.Entry[V], bool) {
	var c table.Copy[V]
	ok := s.copyEntry(table.Short(h), key, &c, (*table.Table[K, V]).GetCopy)
	s.table.CountRead(ok)
	return c.Entry(s.line), ok
}

// GetLastModified implements [lastmodstore.Reader]: it returns when the entry of key
// was last modified and reports whether it was present. It takes no lock.
func (s *Store[K, V]) GetLastModified(key K) (time.Time, bool) {
	return s.getLastModified(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) getLastModified(h uint64, key K) (time.Time, bool) {
	var c table.Copy[V]
	ok := s.copyEntry(table.Short(h), key, &c, (*table.Table[K, V]).GetCopy)
	s.table.CountRead(ok)
	return c.LastModified(s.line), ok
}

func (s *Store[K, V]) peekKey(key K) (lastmodstore.Entry[V], bool) {
	return s.peek(table.Hash(s.seed, key), key)
}

// peek is GetEntry for a loop: it sets no mark and is not counted.
func (s *Store[K, V]) peek(h uint64, key K) (lastmodstore.Entry[V], bool) {
	var c table.Copy[V]
	ok := s.copyEntry(table.Short(h), key, &c, (*table.Table[K, V]).PeekCopy)
	return c.Entry(s.line), ok
}

type lookUpFunc[K comparable, V any] func(*table.Table[K, V], uint32, K, *table.Copy[V]) table.Result

// copyEntry is get for whole entries: it copies the entry of key to c and reports
// whether it is live.
func (s *Store[K, V]) copyEntry(h uint32, key K, c *table.Copy[V], lookUp lookUpFunc[K, V]) bool {
	lastNow := int64(math.MinInt64)
	for {
		reader := s.readers.Enter()
		result := lookUp(&s.table, h, key, c)
		reader.Leave()
		switch {
		case result == table.Hidden:
			return s.copyUnderLock(h, key, c, lookUp)
		case result == table.Absent || c.Deadline() <= lastNow:
			c.Clear()
			return false
		}
		switch lastNow = s.line.Now(); {
		case lastNow < c.Deadline():
			return true
		case s.isRenewing(h):
			return s.copyUnderLock(h, key, c, lookUp)
		}
	}
}

func (s *Store[K, V]) copyUnderLock(h uint32, key K, c *table.Copy[V], lookUp lookUpFunc[K, V]) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	ok := lookUp(&s.table, h, key, c) == table.Present && s.line.Now() < c.Deadline()
	if !ok {
		c.Clear()
	}
	return ok
}
