package mutexstore

import (
	"iter"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// Long reads hold the read lock, either once, so that they see a single instant, or
// for one step at a time. Reads of single keys are in lookup.go.

// GetMany implements [lastmodstore.Reader]: it returns the entries of those keys
// that are present. It holds the read lock once for all of them.
func (s *Store[K, V]) GetMany(keys []K) map[K]lastmodstore.Entry[V] {
	lookups := table.Lookups[K, V](nil, s.seed, keys)
	s.getMany(keys, lookups)
	return table.Found(s.line, keys, lookups)
}

func (s *Store[K, V]) getMany(keys []K, lookups []table.Lookup[V]) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	s.table.GetMany(keys, lookups, s.line.Now())
}

// Len implements [lastmodstore.Reader]: it returns the number of entries held,
// including expired ones that have not been swept.
func (s *Store[K, V]) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.table.Len()
}

// Stats implements [lastmodstore.Reader]: it returns the store's counters.
func (s *Store[K, V]) Stats() lastmodstore.Stats {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return lastmodstore.Stats{}
	}
	stats := s.table.Stats()
	stats.PendingRemovals = s.pendingLocked()
	return stats
}

// Done implements [lastmodstore.Reader]: it returns a channel that is closed when
// the store is closed.
func (s *Store[K, V]) Done() <-chan struct{} { return s.done }

// All implements [lastmodstore.Reader]: it yields every live entry once, in no
// order. It holds the read lock for one page of entries at a time.
func (s *Store[K, V]) All() iter.Seq2[K, lastmodstore.Entry[V]] {
	return engine.Pages(s.line, s.done, table.Page[K, V]{}, s.step((*table.Table[K, V]).Scan), s.peekKey)
}

// ModifiedSince implements [lastmodstore.Reader]: it yields the live entries modified
// after t, oldest change first. It holds the read lock for one page of entries at a
// time.
func (s *Store[K, V]) ModifiedSince(t time.Time) iter.Seq2[K, lastmodstore.Entry[V]] {
	return engine.Pages(s.line, s.done, table.Since[K, V](s.line, t), s.step((*table.Table[K, V]).Changes), s.peekKey)
}

// step returns a function that fills the next page under the read lock.
func (s *Store[K, V]) step(fill func(*table.Table[K, V], *table.Page[K, V], int64)) func(*table.Page[K, V]) bool {
	return func(p *table.Page[K, V]) bool {
		s.mu.RLock()
		defer s.mu.RUnlock()
		fill(&s.table, p, s.line.Now())
		return !s.closed
	}
}
