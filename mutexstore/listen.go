package mutexstore

import (
	"slices"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// A listener is one OnRemove.
type listener[K comparable, V any] struct {
	*engine.Listener[K, V]
	more chan struct{} // holds one: there is something to take

	// Guarded by the store's lock.
	queue []table.Removal[K, V]
	over  bool // nothing will be queued any more
}

func (s *Store[K, V]) OnRemove(fn func(key K, e lastmodstore.Entry[V], why lastmodstore.EventKind)) (stop func()) {
	l := &listener[K, V]{Listener: engine.NewListener(fn), more: make(chan struct{}, 1)}
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
			l.Expect(removed)
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
		n += l.Pending()
	}
	return n
}

// deliver is the goroutine of a listener. It ends the listener if fn ends it.
func (s *Store[K, V]) deliver(l *listener[K, V]) {
	defer s.stop(l)
	for {
		<-l.more
		removals, over := s.take(l)
		if !l.Deliver(s.line, removals) || over {
			return
		}
	}
}

// take takes what is queued for l, and reports whether there is no more to come.
func (s *Store[K, V]) take(l *listener[K, V]) (removals []table.Removal[K, V], over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	removals, l.queue = l.queue, nil
	return removals, l.over
}
