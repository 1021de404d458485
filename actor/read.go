// This file runs on the callers' goroutines.

package actor

import (
	"iter"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// Get implements [lastmodstore.Reader]: it returns the value for key and reports
// whether it was present.
func (s *Store[K, V]) Get(key K) (V, bool) {
	return s.get(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) get(h uint64, key K) (V, bool) {
	r := s.newKeyRequest(opGet, h, key)
	s.call(r)
	value, ok := r.value, r.ok
	s.release(r)
	return value, ok
}

// GetEntry implements [lastmodstore.Reader]: it returns the value for key with its
// times and reports whether it was present.
func (s *Store[K, V]) GetEntry(key K) (lastmodstore.Entry[V], bool) {
	return s.getEntry(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) getEntry(h uint64, key K) (lastmodstore.Entry[V], bool) {
	r := s.newKeyRequest(opGetEntry, h, key)
	defer s.release(r)
	s.call(r)
	return r.entry, r.ok
}

// GetLastModified implements [lastmodstore.Reader]: it returns when the entry of key
// was last modified and reports whether it was present.
func (s *Store[K, V]) GetLastModified(key K) (time.Time, bool) {
	return s.getLastModified(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) getLastModified(h uint64, key K) (time.Time, bool) {
	r := s.newKeyRequest(opGetLastModified, h, key)
	defer s.release(r)
	s.call(r)
	return r.time, r.ok
}

// GetMany implements [lastmodstore.Reader]: it returns the entries of those keys
// that are present. All are read in one message.
func (s *Store[K, V]) GetMany(keys []K) map[K]lastmodstore.Entry[V] {
	r := s.newRequest(opGetMany)
	defer s.release(r)
	r.keys, r.lookups = keys, table.Lookups(r.lookups, s.seed, keys)
	s.call(r)
	return table.Found(s.line, keys, r.lookups)
}

// Len implements [lastmodstore.Reader]: it returns the number of entries held,
// including expired ones that have not been swept.
func (s *Store[K, V]) Len() int {
	r := s.newRequest(opLen)
	defer s.release(r)
	s.call(r)
	return r.n
}

// Stats implements [lastmodstore.Reader]: it returns the store's counters.
func (s *Store[K, V]) Stats() lastmodstore.Stats {
	r := s.newRequest(opStats)
	defer s.release(r)
	var stats lastmodstore.Stats
	r.stats = &stats
	s.call(r)
	return stats
}

// Done implements [lastmodstore.Reader]: it returns a channel that is closed when
// the store is closed.
func (s *Store[K, V]) Done() <-chan struct{} { return s.done }

// All implements [lastmodstore.Reader]: it yields every live entry once, in no
// order. Each page of entries is one message, and other calls are served between
// pages.
func (s *Store[K, V]) All() iter.Seq2[K, lastmodstore.Entry[V]] {
	return engine.Pages(s.line, s.done, table.Page[K, V]{}, s.step(opScan), s.peekKey)
}

// ModifiedSince implements [lastmodstore.Reader]: it yields the live entries modified
// after t, oldest change first. Each page of entries is one message, and other calls
// are served between pages.
func (s *Store[K, V]) ModifiedSince(t time.Time) iter.Seq2[K, lastmodstore.Entry[V]] {
	return engine.Pages(s.line, s.done, table.Since[K, V](s.line, t), s.step(opChanges), s.peekKey)
}

func (s *Store[K, V]) peekKey(key K) (lastmodstore.Entry[V], bool) {
	return s.peek(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) peek(h uint64, key K) (lastmodstore.Entry[V], bool) {
	r := s.newKeyRequest(opPeek, h, key)
	defer s.release(r)
	s.call(r)
	return r.entry, r.ok
}

// step returns a function that has the owner fill the next page.
func (s *Store[K, V]) step(op op) func(*table.Page[K, V]) bool {
	return func(p *table.Page[K, V]) bool {
		r := s.newRequest(op)
		defer s.release(r)
		r.page = p
		return s.call(r)
	}
}
