package mutexstore

import (
	"iter"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// Long reads hold the lock for reading: they see one instant, or take a step at a
// time. Those of single keys are in lookup.go.

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

func (s *Store[K, V]) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.table.Len()
}

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

// Done implements [lastmodstore.Reader].
func (s *Store[K, V]) Done() <-chan struct{} { return s.done }

func (s *Store[K, V]) All() iter.Seq2[K, lastmodstore.Entry[V]] {
	return engine.Pages(s.line, s.done, table.Page[K, V]{}, s.step((*table.Table[K, V]).Scan), s.peekKey)
}

func (s *Store[K, V]) ModifiedSince(t time.Time) iter.Seq2[K, lastmodstore.Entry[V]] {
	return engine.Pages(s.line, s.done, table.Since[K, V](s.line, t), s.step((*table.Table[K, V]).Changes), s.peekKey)
}

// step fills the next page under the lock.
func (s *Store[K, V]) step(fill func(*table.Table[K, V], *table.Page[K, V], int64)) func(*table.Page[K, V]) bool {
	return func(p *table.Page[K, V]) bool {
		s.mu.RLock()
		defer s.mu.RUnlock()
		fill(&s.table, p, s.line.Now())
		return !s.closed
	}
}
