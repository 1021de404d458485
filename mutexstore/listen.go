package mutexstore

import (
	"slices"
	"sync/atomic"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// A listener is one OnRemove.
type listener[K comparable, V any] struct {
	fn      func(key K, e lastmodstore.Entry[V], why lastmodstore.EventKind)
	stopped atomic.Bool
	pending atomic.Int64  // removals of which fn has not been told
	more    chan struct{} // holds one: there is something to take

	// Guarded by the store's lock.
	queue []table.Removal[K, V]
	over  bool // nothing will be queued any more
}

func (s *Store[K, V]) OnRemove(fn func(key K, e lastmodstore.Entry[V], why lastmodstore.EventKind)) (stop func()) {
	l := &listener[K, V]{fn: fn, more: make(chan struct{}, 1)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return func() {}
	}
	s.listeners = append(s.listeners, l)
	s.table.RecordRemovals(true)
	s.listenerWG.Go(func() { s.deliver(l) })
	return func() { s.stop(l) }
}

func (s *Store[K, V]) stop(l *listener[K, V]) {
	l.stopped.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.listeners, l); i >= 0 {
		s.listeners = slices.Delete(s.listeners, i, i+1)
		s.table.RecordRemovals(len(s.listeners) > 0)
	}
	l.over = true
	l.signal()
}

func (l *listener[K, V]) signal() {
	select {
	case l.more <- struct{}{}:
	default:
	}
}

// dispatchLocked queues for the listeners what has been removed.
func (s *Store[K, V]) dispatchLocked() {
	if len(s.listeners) == 0 {
		return
	}
	if removed := s.table.DrainRemovals(); len(removed) > 0 {
		for _, l := range s.listeners {
			l.queue = append(l.queue, removed...)
			for i := range removed {
				l.pending.Add(int64(removed[i].Len()))
			}
			l.signal()
		}
	}
}

// endListenersLocked lets the listeners end when they have taken all.
func (s *Store[K, V]) endListenersLocked() {
	for _, l := range s.listeners {
		l.over = true
		l.signal()
	}
	s.listeners = nil
}

// pendingLocked counts the calls of listeners that are due.
func (s *Store[K, V]) pendingLocked() (n int) {
	for _, l := range s.listeners {
		n += int(l.pending.Load())
	}
	return n
}

// deliver is the goroutine of a listener. It ends the listener if fn ends it.
func (s *Store[K, V]) deliver(l *listener[K, V]) {
	defer s.stop(l)
	for over := false; !over; {
		<-l.more
		s.mu.Lock()
		removals := l.queue
		l.queue, over = nil, l.over
		s.mu.Unlock()
		for i, removal := range removals {
			for e := range removal.Events(s.line) {
				if l.stopped.Load() {
					return
				}
				l.fn(e.Key, e.Entry, e.Kind)
				l.pending.Add(-1)
			}
			removals[i] = table.Removal[K, V]{} // so that its values can be collected
		}
	}
}
