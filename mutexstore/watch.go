package mutexstore

import (
	"context"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

func (s *Store[K, V]) Watch(ctx context.Context, since time.Time) iter.Seq[lastmodstore.Event[K, V]] {
	step := func(f *table.Feed[K, V]) bool { return s.watch(ctx, f) }
	return table.Follow(ctx, s.line, s.done, table.NewFeed[K, V](s.line, since), step)
}

// watch takes the next step of f, when something has happened. It answers false
// when there is no more to come.
func (s *Store[K, V]) watch(ctx context.Context, f *table.Feed[K, V]) bool {
	for s.feed(f) {
		if len(f.Changes) > 0 || f.More || f.Look {
			return true
		}
		if !s.await(ctx, f.Until) {
			return false
		}
	}
	return false
}

func (s *Store[K, V]) feed(f *table.Feed[K, V]) (isOpen bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	s.table.Watch(f, s.line.Now())
	return !s.closed
}

// await waits for something to happen after until. It answers false when ctx
// ends or the store closes.
func (s *Store[K, V]) await(ctx context.Context, until int64) bool {
	w := &waiter{until: until, news: make(chan int64, 1)}
	s.watchers.add(w)
	defer s.watchers.leave(w)
	s.mu.RLock()
	last := s.table.Last()
	s.mu.RUnlock()
	if last > until {
		return true // it happened before w was in line
	}
	select {
	case last := <-w.news:
		s.watchers.tell(last) // each wakes the next, so that a writer wakes only one
		return true
	case <-ctx.Done():
	case <-s.done:
	}
	return false
}

// A waitlist is where watchers wait, in the order in which they came: that of
// the last modification they know.
type waitlist struct {
	n       atomic.Int32 // how many wait: all that a writer looks at when nobody does
	mu      sync.Mutex   // guards waiting; taken by those alone who hold no other lock
	waiting []*waiter
}

type waiter struct {
	until int64
	news  chan int64 // holds one: the latest modification
}

func (l *waitlist) add(w *waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, w)
	l.n.Add(1)
}

// tell wakes the first watcher that does not know of last.
func (l *waitlist) tell(last int64) {
	if l.n.Load() == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) > 0 && l.waiting[0].until < last {
		l.waiting[0].news <- last
		l.waiting = slices.Delete(l.waiting, 0, 1)
		l.n.Add(-1)
	}
}

// leave takes w out of the line. If it was told and did not listen, the next one is.
func (l *waitlist) leave(w *waiter) {
	l.mu.Lock()
	if i := slices.Index(l.waiting, w); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
		l.n.Add(-1)
	}
	l.mu.Unlock()
	select {
	case last := <-w.news:
		l.tell(last)
	default:
	}
}
