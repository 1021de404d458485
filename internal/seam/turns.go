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
	calls atomic.Int32 // in any queue: 0 nearly always, and nothing else is looked at then

	mu     sync.Mutex // guards the fields below; nothing is waited for under it
	queues map[K]*queue
}

type queue struct {
	calls  int           // guarded by mu
	turn   chan struct{} // holds one while a call has the turn
	passed atomic.Uint32 // how often the turn has ended
}

// patience is how long a turn may last before others stop waiting for it.
const patience = 5 * time.Millisecond

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
	e := of[K](store)
	if e == nil || e.turns.calls.Load() == 0 {
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
	if e := of[K](store); e != nil {
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
	return Turn[K]{turns: t, queue: q, key: key, has: q.wait()}
}

// wait reports whether the call got the turn.
func (q *queue) wait() bool {
	select {
	case q.turn <- struct{}{}:
		return true
	default:
	}
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
			return false
		}
		passed = now
		timer.Reset(patience)
	}
}

// End passes the turn on.
func (t *Turn[K]) End() {
	if t.queue == nil {
		return
	}
	if t.has {
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
