package mutexstore

import (
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// What package replicated uses of a store, besides what Sharded does. The methods in this
// file that write run on the goroutine that applies the log, the others on any.

func (s shard[K, V]) Hash(key K) uint64 { return table.Hash(s.seed, key) }

func (s shard[K, V]) OrderKeys(compare func(a, b K) int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.table.OrderKeys(compare)
}

func (s shard[K, V]) SweepStep(limit int) (removed int, more bool) {
	now, err := s.begin()
	defer s.end()
	if err != nil {
		return 0, false
	}
	start := s.line.Now()
	removed, more = s.table.SweepStep(now, now, limit)
	s.table.CountSweepStep(s.line.Now()-start, !more)
	return removed, more
}

func (s shard[K, V]) NextDeadline() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.table.NextDeadline(s.line.Now())
}

func (s shard[K, V]) Capture(c *table.Capture[K, V]) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.table.Capture(c)
}

// Restore holds the lock only to replace the contents, which it has prepared before: no
// other goroutine writes meanwhile.
func (s shard[K, V]) Restore(m table.Image[K, V]) {
	s.adopt(s.table.Prepare(m, func(key K) uint32 { return table.Short(s.Hash(key)) }))
	s.hub.Notify()
}

func (s shard[K, V]) adopt(r *table.Restored[K, V]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.table.Adopt(r)
		s.lastNotified = s.table.Last()
	}
}
