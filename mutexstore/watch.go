package mutexstore

import (
	"cmp"
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
	canceled := ctx.Done() // the caller's code: not while somebody counts on this watcher
	for {
		if f.KnowsAll() && !s.await(canceled, f.Until) {
			return false
		}
		if !s.feed(f) {
			return false
		}
		if len(f.Changes) > 0 || !f.KnowsAll() {
			return true
		}
	}
}

func (s *Store[K, V]) feed(f *table.Feed[K, V]) (isOpen bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	s.table.Watch(f, s.line.Now())
	return !s.closed
}

// await waits for its turn among those for whom something has happened after
// until. It answers false when canceled is closed or the store closes.
func (s *Store[K, V]) await(canceled <-chan struct{}, until int64) bool {
	w := s.watchers.add(until)
	s.tell() // of what happened before w was in line
	select {
	case pace := <-w.woken:
		s.relay(canceled, pace)
		return true
	case <-canceled:
	case <-s.done:
	}
	if pace, woken := s.watchers.leave(w); woken {
		s.watchers.wake(s.last, &pace)
	}
	return false
}

// relay wakes the next watcher, after a rest if it is time for one.
func (s *Store[K, V]) relay(canceled <-chan struct{}, pace table.FeedPacer) {
	if pace.Tires(s.line.Now(), s.last()) {
		rest := time.NewTimer(table.FeedPause)
		defer rest.Stop()
		select {
		case <-rest.C:
		case <-canceled:
		case <-s.done:
		}
		pace.Wake(s.line.Now())
	}
	s.watchers.wake(s.last, &pace)
}

// tell tells a watcher of what has happened, after a write. It needs to tell one
// at most: each that is woken wakes the next.
func (s *Store[K, V]) tell() {
	if l := &s.watchers; l.n.Load() > 0 && !l.relayed.Load() {
		l.wake(s.last, nil)
	}
}

func (s *Store[K, V]) last() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.table.Last()
}

// A waitlist is where watchers wait, in the order of the last modification that
// they know.
type waitlist struct {
	n       atomic.Int32 // how many wait: all that a writer looks at when nobody does
	relayed atomic.Bool  // somebody was woken who has not yet woken the next; mu guards writes
	mu      sync.Mutex   // guards what follows; never taken under the store's lock
	waiting []*waiter
}

type waiter struct {
	until int64
	woken chan table.FeedPacer // holds one, which is for the next to be woken
}

// add puts a watcher that knows of all until then into the line.
func (l *waitlist) add(until int64) *waiter {
	w := &waiter{until, make(chan table.FeedPacer, 1)}
	l.mu.Lock()
	defer l.mu.Unlock()
	i, _ := slices.BinarySearchFunc(l.waiting, until+1, func(w *waiter, until int64) int { return cmp.Compare(w.until, until) })
	l.waiting = slices.Insert(l.waiting, i, w)
	l.n.Add(1)
	return w
}

// wake wakes the first watcher that does not know of last, if there is one. Pace
// is what the caller was woken with, or nil if he was not; then he leaves it to
// who was.
func (l *waitlist) wake(last func() int64, pace *table.FeedPacer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if pace == nil {
		if l.relayed.Load() {
			return
		}
		pace = new(table.FeedPacer)
	}
	// Before last is read: who writes after that finds it off and comes here.
	l.relayed.Store(false)
	if last := last(); len(l.waiting) > 0 && l.waiting[0].until < last {
		l.relayed.Store(true)
		l.waiting[0].woken <- *pace
		l.waiting = slices.Delete(l.waiting, 0, 1)
		l.n.Add(-1)
	}
}

// leave takes w out of the line, or says that it had been woken.
func (l *waitlist) leave(w *waiter) (pace table.FeedPacer, woken bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.waiting, w); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
		l.n.Add(-1)
		return pace, false
	}
	return <-w.woken, true
}
