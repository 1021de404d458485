// This file runs on the callers' goroutines.

package replicated

import (
	"context"
	"iter"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// Get implements [lastmodstore.Reader]: it returns the value for key, as this node has
// it, and reports whether it was present. It takes no lock.
func (s *Store[K, V]) Get(key K) (V, bool) { return s.local.Get(key) }

// GetEntry implements [lastmodstore.Reader]: it returns the value for key with its
// times, as this node has it, and reports whether it was present. It takes no lock.
func (s *Store[K, V]) GetEntry(key K) (lastmodstore.Entry[V], bool) { return s.local.GetEntry(key) }

// GetLastModified implements [lastmodstore.Reader]: it returns when the entry of key
// was last modified, as this node has it, and reports whether it was present. It takes
// no lock.
func (s *Store[K, V]) GetLastModified(key K) (time.Time, bool) { return s.local.GetLastModified(key) }

// GetMany implements [lastmodstore.Reader]: it returns the entries of those keys that
// are present on this node, all as they were at a single instant.
func (s *Store[K, V]) GetMany(keys []K) map[K]lastmodstore.Entry[V] { return s.local.GetMany(keys) }

// Len implements [lastmodstore.Reader]: it returns the number of entries held by this
// node, including expired ones that have not been swept.
func (s *Store[K, V]) Len() int { return s.local.Len() }

// All implements [lastmodstore.Reader]: it yields every live entry once, in no order.
func (s *Store[K, V]) All() iter.Seq2[K, lastmodstore.Entry[V]] { return s.local.All() }

// ModifiedSince implements [lastmodstore.Reader]: it yields the live entries modified
// after t, oldest change first. A time from another node keeps its meaning here.
func (s *Store[K, V]) ModifiedSince(t time.Time) iter.Seq2[K, lastmodstore.Entry[V]] {
	return s.local.ModifiedSince(t)
}

// Stats implements [lastmodstore.Reader]: it returns the counters of this node, which
// begin when it is opened. Sweeps includes those that found nothing to remove.
func (s *Store[K, V]) Stats() lastmodstore.Stats {
	stats := s.local.Stats()
	if !s.closed.Load() {
		stats.Sweeps += s.idleSweeps.Load()
	}
	return stats
}

// Done implements [lastmodstore.Reader]: it returns a channel that is closed when the
// store is closed.
func (s *Store[K, V]) Done() <-chan struct{} { return s.local.Done() }

// Watch implements [lastmodstore.Watcher]: it yields the changes after since and waits
// for more. An event's At is a position on every node: Watch continues there with
// nothing missed and nothing repeated.
func (s *Store[K, V]) Watch(ctx context.Context, since time.Time) iter.Seq[lastmodstore.Event[K, V]] {
	return s.local.Watch(ctx, since)
}

// OnRemove implements [lastmodstore.Watcher]: it calls fn on this node for each value
// that is removed from now on, on whichever node the removal was called. Removals that
// this node skips because it loads a snapshot are not reported.
func (s *Store[K, V]) OnRemove(fn func(key K, e lastmodstore.Entry[V], why lastmodstore.EventKind)) (stop func()) {
	return s.local.OnRemove(fn)
}
