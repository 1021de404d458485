package engine

import (
	"sync/atomic"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A Listener is one OnRemove. Its engine queues what is removed, and has a
// goroutine take it and call Deliver.
type Listener[K comparable, V any] struct {
	fn      func(key K, e lastmodstore.Entry[V], why lastmodstore.EventKind)
	stopped atomic.Bool
	pending atomic.Int64 // removals of which fn has not been notified
}

// NewListener returns a listener that calls fn.
func NewListener[K comparable, V any](fn func(key K, e lastmodstore.Entry[V], why lastmodstore.EventKind)) *Listener[K, V] {
	return &Listener[K, V]{fn: fn}
}

// Expect counts removals that will be delivered.
func (l *Listener[K, V]) Expect(removals []table.Removal[K, V]) {
	for i := range removals {
		l.pending.Add(int64(removals[i].Len()))
	}
}

// Pending returns how many calls of fn are due.
func (l *Listener[K, V]) Pending() int { return int(l.pending.Load()) }

// Stop makes Deliver call fn no more.
func (l *Listener[K, V]) Stop() { l.stopped.Store(true) }

// Deliver calls fn for each removal. It lets go of each when it is delivered, so
// that its values can be collected, and returns false if the listener was stopped.
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
