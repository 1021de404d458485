package seam

import (
	"sync"
	"sync/atomic"
	"time"
)

// turns lets the calls of Update that contend for a key go one after another.
// A turn is no lock: one that is not passed on for a while is not waited for, so
// that calls which wait for each other, through their callbacks, all go on.
type turns[K comparable] struct {
	calls      atomic.Int32 // in any queue: 0 nearly always, and nothing else is looked at then
	impatience atomic.Int64 // maxPatience less the present patience

	mu     sync.Mutex // guards the fields below; nothing is waited for under it
	queues map[K]*queue
}

type queue struct {
	calls  int           // guarded by mu
	turn   chan struct{} // holds one while a call has the turn
	passed atomic.Uint32 // how often the turn has ended
}

// Patience is how long a turn may last before others stop waiting for it. It falls
// whenever one did so in vain, as when functions wait for each other's turns, and
// rises again with each turn that ends.
const (
	maxPatience = 50 * time.Millisecond
	minPatience = 20 * time.Microsecond
)

// A Turn is a call's place among those that contend for a key. The zero Turn is
// none.
type Turn[K comparable] struct {
	turns *turns[K]
	queue *queue
	key   K
	has   bool
}

// Join waits for a turn at key if other calls take turns there. Store is any
// store; for one without a hidden side there are no turns.
func Join[K comparable](store any, key K) Turn[K] {
	e := engineOf[K](store)
	if e == nil || e.turns.calls.Load() == 0 || key != key { //nolint:staticcheck // NaN; and an unhashable key panics here
		return Turn[K]{}
	}
	return e.turns.enter(key, false)
}

// Lost is for a call that has lost a race for key: it waits for a turn, unless t
// is one.
func (t *Turn[K]) Lost(store any, key K) {
	if t.has {
		return
	}
	t.End()
	if e := engineOf[K](store); e != nil {
		*t = e.turns.enter(key, true)
	}
}

// enter waits for a turn at key. Without open it does so only if there is a queue.
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
	return Turn[K]{turns: t, queue: q, key: key, has: t.wait(q)}
}

// wait reports whether the call got q's turn.
func (t *turns[K]) wait(q *queue) bool {
	select {
	case q.turn <- struct{}{}:
		return true
	default:
	}
	patience := t.patience()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for passed := q.passed.Load(); ; {
		select {
		case q.turn <- struct{}{}:
			return true
		case <-timer.C:
		}
		now := q.passed.Load()
		if now == passed {
			t.setPatience(patience, patience/2)
			return false
		}
		passed = now
		timer.Reset(patience)
	}
}

func (t *turns[K]) patience() time.Duration {
	return maxPatience - time.Duration(t.impatience.Load())
}

// setPatience changes patience from old, unless another call has changed it.
func (t *turns[K]) setPatience(old, patience time.Duration) {
	patience = min(max(patience, minPatience), maxPatience)
	t.impatience.CompareAndSwap(int64(maxPatience-old), int64(maxPatience-patience))
}

// End passes the turn on.
func (t *Turn[K]) End() {
	if t.queue == nil {
		return
	}
	if t.has {
		patience := t.turns.patience()
		t.turns.setPatience(patience, patience+patience/8)
		t.queue.passed.Add(1)
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
