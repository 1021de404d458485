// This file runs on the callers' goroutines, and on those of OnRemove.

package actor

import (
	"context"
	"iter"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// Watch implements [lastmodstore.Watcher]: it yields the changes after since and
// waits for more. Each step of the feed is one message.
func (s *Store[K, V]) Watch(ctx context.Context, since time.Time) iter.Seq[lastmodstore.Event[K, V]] {
	step := func(f *table.Feed[K, V]) bool { return s.watch(ctx, f) }
	return engine.Follow(ctx, s.line, s.done, table.NewFeed[K, V](s.line, since), step, s.peekKey)
}

// watch has the owner take the next step of f and waits until that yields something
// new. It returns false if the feed has ended.
func (s *Store[K, V]) watch(ctx context.Context, f *table.Feed[K, V]) bool {
	canceled := ctx.Done() // runs the caller's code, so not while the owner has r
	r := s.newRequest(opWatch)
	defer s.release(r)
	r.feed = f
	s.send(r)
	select {
	case <-r.reply:
		return r.err == nil
	case <-canceled:
		u := s.newRequest(opUnwatch)
		defer s.release(u)
		u.target = r
		s.call(u)
		<-r.reply // sent by now: earlier, in response to u, or when the store closed
		return false
	}
}

// A listener is one registration by OnRemove.
type listener[K comparable, V any] struct {
	*engine.Listener[K, V]
	undelivered []table.Removal[K, V] // set by the owner before done is closed
}

// OnRemove implements [lastmodstore.Watcher]: it calls fn for each value that is
// removed from now on, on a goroutine of its own, until stop is called.
func (s *Store[K, V]) OnRemove(fn func(key K, e lastmodstore.Entry[V], why lastmodstore.EventKind)) (stop func()) {
	l := &listener[K, V]{Listener: engine.NewListener(fn)}
	s.sendListenerOp(opListen, l)
	return func() {
		l.Stop()
		s.sendListenerOp(opUnlisten, l)
	}
}

func (s *Store[K, V]) sendListenerOp(op op, l *listener[K, V]) {
	r := s.newRequest(op)
	defer s.release(r)
	r.listener = l
	s.call(r)
}

// deliver runs the goroutine of a listener. It ends when the listener is stopped or,
// after the last removals, when the store closes.
func (s *Store[K, V]) deliver(l *listener[K, V]) {
	defer s.sendListenerOp(opUnlisten, l) // if fn ends the goroutine
	for {
		removals, more := s.nextRemovals(l)
		if !l.Deliver(s.line, removals) || !more {
			return
		}
	}
}

// nextRemovals waits for the removals to be delivered next. It returns false when
// they are the last.
func (s *Store[K, V]) nextRemovals(l *listener[K, V]) (removals []table.Removal[K, V], more bool) {
	r := s.newRequest(opRemovals)
	defer s.release(r)
	r.listener = l
	if !s.call(r) {
		return l.undelivered, false
	}
	return r.removals, r.ok
}
