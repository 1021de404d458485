package engine

import (
	"sync/atomic"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A Listener is one registration of OnRemove. Its engine queues the removals, and a
// goroutine of the engine passes them to Deliver.
type Listener[K comparable, V any] struct {
	fn      func(key K, e lastmodstore.Entry[V], why lastmodstore.EventKind)
	stopped atomic.Bool
	pending atomic.Int64 // removals that fn has not been called for
}

// NewListener returns a listener that calls fn.
func NewListener[K comparable, V any](fn func(key K, e lastmodstore.Entry[V], why lastmodstore.EventKind)) *Listener[K, V] {
	return &Listener[K, V]{fn: fn}
}

// Expect adds removals that will be delivered to the pending ones.
func (l *Listener[K, V]) Expect(removals []table.Removal[K, V]) {
	for i := range removals {
		l.pending.Add(int64(removals[i].Len()))
	}
}

// Pending returns the number of pending calls of fn.
func (l *Listener[K, V]) Pending() int { return int(l.pending.Load()) }

// Stop keeps Deliver from calling fn again.
func (l *Listener[K, V]) Stop() { l.stopped.Store(true) }

// Deliver calls fn for each removal, and clears each one that it has delivered, so that
// its values can be garbage collected. It returns false if the listener was stopped.
func (l *Listener[K, V]) Deliver(line *timeline.Timeline, removals []table.Removal[K, V]) bool {
	for i, removal := range removals {
		for e := range removal.Events(line) {
			if l.stopped.Load() {
				return false
			}
			l.fn(e.Key, e.Entry, e.Kind)
			l.pending.Add(-1)
		}
		removals[i] = table.Removal[K, V]{}
	}
	return true
}
