package mutexstore

import (
	"slices"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// A listener is one registration by OnRemove.
type listener[K comparable, V any] struct {
	*engine.Listener[K, V]
	wake chan struct{} // buffered for one: there is something to take

	// Guarded by the store's lock.
	queue []table.Removal[K, V]
	ended bool // nothing more will be queued
}

// OnRemove implements [lastmodstore.Watcher]: it calls fn for each value that is
// removed from now on, on a goroutine of its own, until stop is called.
func (s *Store[K, V]) OnRemove(fn func(key K, e lastmodstore.Entry[V], why lastmodstore.EventKind)) (stop func()) {
	l := &listener[K, V]{Listener: engine.NewListener(fn), wake: make(chan struct{}, 1)}
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
	l.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.listeners, l); i >= 0 {
		s.listeners = slices.Delete(s.listeners, i, i+1)
		s.table.RecordRemovals(len(s.listeners) > 0)
	}
	l.ended = true
	l.signal()
}

func (l *listener[K, V]) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// dispatchLocked queues new removals for the listeners.
func (s *Store[K, V]) dispatchLocked() {
	if len(s.listeners) == 0 {
		return
	}
	if removed := s.table.DrainRemovals(); len(removed) > 0 {
		for _, l := range s.listeners {
			l.queue = append(l.queue, removed...)
			l.Expect(removed)
			l.signal()
		}
	}
}

// endListenersLocked lets each listener end when it has delivered its queue.
func (s *Store[K, V]) endListenersLocked() {
	for _, l := range s.listeners {
		l.ended = true
		l.signal()
	}
	s.listeners = nil
}

// pendingLocked returns the number of listener calls that are due.
func (s *Store[K, V]) pendingLocked() (n int) {
	for _, l := range s.listeners {
		n += l.Pending()
	}
	return n
}

// deliver runs the goroutine of a listener. If fn ends the goroutine, deliver ends
// the listener.
func (s *Store[K, V]) deliver(l *listener[K, V]) {
	defer s.stop(l)
	for {
		<-l.wake
		removals, ended := s.take(l)
		if !l.Deliver(s.line, removals) || ended {
			return
		}
	}
}

// take removes and returns what is queued for l and reports whether it was the last.
func (s *Store[K, V]) take(l *listener[K, V]) (removals []table.Removal[K, V], ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	removals, l.queue = l.queue, nil
	return removals, l.ended
}
