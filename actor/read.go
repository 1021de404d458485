// This file runs on the callers' goroutines.

package actor

import (
	"iter"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

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

func (s *Store[K, V]) GetEntry(key K) (lastmodstore.Entry[V], bool) {
	return s.getEntry(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) getEntry(h uint64, key K) (lastmodstore.Entry[V], bool) {
	r := s.newKeyRequest(opGetEntry, h, key)
	defer s.release(r)
	s.call(r)
	return r.entry, r.ok
}

func (s *Store[K, V]) GetLastModified(key K) (time.Time, bool) {
	return s.getLastModified(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) getLastModified(h uint64, key K) (time.Time, bool) {
	r := s.newKeyRequest(opGetLastModified, h, key)
	defer s.release(r)
	s.call(r)
	return r.time, r.ok
}

func (s *Store[K, V]) GetMany(keys []K) map[K]lastmodstore.Entry[V] {
	r := s.newRequest(opGetMany)
	defer s.release(r)
	r.keys, r.lookups = keys, table.Lookups(r.lookups, s.seed, keys)
	s.call(r)
	return table.Found(s.line, keys, r.lookups)
}

func (s *Store[K, V]) Len() int {
	r := s.newRequest(opLen)
	defer s.release(r)
	s.call(r)
	return r.n
}

func (s *Store[K, V]) Stats() lastmodstore.Stats {
	r := s.newRequest(opStats)
	defer s.release(r)
	var stats lastmodstore.Stats
	r.stats = &stats
	s.call(r)
	return stats
}

// Done implements [lastmodstore.Reader].
func (s *Store[K, V]) Done() <-chan struct{} { return s.done }

func (s *Store[K, V]) All() iter.Seq2[K, lastmodstore.Entry[V]] {
	return engine.Pages(s.line, s.done, table.Page[K, V]{}, s.step(opScan), s.peekKey)
}

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

// step has the owner fill the next page.
func (s *Store[K, V]) step(op op) func(*table.Page[K, V]) bool {
	return func(p *table.Page[K, V]) bool {
		r := s.newRequest(op)
		defer s.release(r)
		r.page = p
		return s.call(r)
	}
}
