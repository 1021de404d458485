package seam

import (
	"sync"
	"sync/atomic"
	"time"
)

// turns lets the calls of Update that contend for a key proceed one after another.
// A turn is not a lock: calls stop waiting for a turn that does not end for a while,
// so calls whose callbacks wait for each other all proceed.
type turns[K comparable] struct {
	calls      atomic.Int32 // number of calls in all queues; if it is 0, as it nearly always is, nothing else is read
	impatience atomic.Int64 // maxPatience minus the current patience

	mu     sync.Mutex // guards the fields below; its holder never blocks
	queues map[K]*queue
}

type queue struct {
	calls int           // guarded by turns.mu
	turn  chan struct{} // holds one element while a call has the turn
	ended atomic.Uint32 // number of turns that have ended
}

// The patience is how long a turn may last before other calls stop waiting for it. It
// falls whenever a call has waited in vain, as when functions wait for each other's
// turns, and rises again with each turn that ends.
const (
	maxPatience = 50 * time.Millisecond
	minPatience = 20 * time.Microsecond
)

// A Turn is a call's place in the queue of those that contend for a key. The zero Turn
// is in no queue.
type Turn[K comparable] struct {
	turns *turns[K]
	queue *queue
	key   K
	held  bool // the call has the turn
}

// Join waits for a turn at key if other calls take turns there. If store has no hidden
// part, it provides no turns, and Join returns the zero Turn.
func Join[K comparable](store any, key K) Turn[K] {
	e := engineOf[K](store)
	if e == nil || e.turns.calls.Load() == 0 || key != key { //nolint:staticcheck // NaN; and an unhashable key panics here
		return Turn[K]{}
	}
	return e.turns.enter(key, false)
}

// Retry waits for a turn at key, unless the call has the turn. A call that has lost a
// race for key calls it before it tries again.
func (t *Turn[K]) Retry(store any, key K) {
	if t.held {
		return
	}
	t.End()
	if e := engineOf[K](store); e != nil {
		*t = e.turns.enter(key, true)
	}
}

// enter waits for a turn at key. If there is no queue, it creates one if open is true,
// and otherwise returns the zero Turn.
func (t *turns[K]) enter(key K, open bool) Turn[K] {
	t.mu.Lock()
	q := t.queues[key]
	if q == nil && !open {
		t.mu.Unlock()
		return Turn[K]{}
	}
	if q == nil {
		q = &queue{turn: make(chan struct{}, 1)}
		if t.queues == nil {
			t.queues = map[K]*queue{}
		}
		t.queues[key] = q
	}
	q.calls++
	t.calls.Add(1)
	t.mu.Unlock()
	return Turn[K]{turns: t, queue: q, key: key, held: t.wait(q)}
}

// wait waits for q's turn and reports whether the call has got it.
func (t *turns[K]) wait(q *queue) bool {
	select {
	case q.turn <- struct{}{}:
		return true
	default:
	}
	patience := t.patience()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for ended := q.ended.Load(); ; {
		select {
		case q.turn <- struct{}{}:
			return true
		case <-timer.C:
		}
		now := q.ended.Load()
		if now == ended {
			t.setPatience(patience, patience/2)
			return false
		}
		ended = now
		timer.Reset(patience)
	}
}

func (t *turns[K]) patience() time.Duration {
	return maxPatience - time.Duration(t.impatience.Load())
}

// setPatience changes the patience from old, unless another call has changed it.
func (t *turns[K]) setPatience(old, patience time.Duration) {
	patience = min(max(patience, minPatience), maxPatience)
	t.impatience.CompareAndSwap(int64(maxPatience-old), int64(maxPatience-patience))
}

// End ends the turn, so that the next call can have it, and leaves the queue.
func (t *Turn[K]) End() {
	if t.queue == nil {
		return
	}
	if t.held {
		patience := t.turns.patience()
		t.turns.setPatience(patience, patience+patience/8)
		t.queue.ended.Add(1)
		<-t.queue.turn
	}
	t.turns.leave(t.key, t.queue)
	*t = Turn[K]{}
}

func (t *turns[K]) leave(key K, q *queue) {
	t.calls.Add(-1)
	t.mu.Lock()
	defer t.mu.Unlock()
	if q.calls--; q.calls == 0 {
		delete(t.queues, key)
	}
}
