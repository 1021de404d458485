package engine

import (
	"container/ring"
	"sync"
	"sync/atomic"
	"time"
)

// A Hub is where watchers wait for news of a store, or of all shards of a Sharded.
//
// A writer wakes at most one watcher, and each watcher that is woken wakes the next
// one, so the cost of a write does not depend on the number of waiting watchers. A
// FeedPacer makes them rest between two wake-ups under continuous writes.
//
// Each batch of news begins a generation. A watcher that has seen everything up to one
// generation is woken when there is a newer one.
type Hub struct {
	waiting atomic.Int32 // number of waiters; if it is 0, a writer reads nothing more
	news    atomic.Bool  // something has happened that belongs to no generation yet
	waking  atomic.Bool  // a woken watcher has yet to wake the next; mu guards writes

	mu         sync.Mutex // guards the fields below; its holder never blocks
	generation uint64
	caughtUp   Queue // of waiters that have seen everything up to generation
	behind     Queue // of waiters for which there is news
}

// A waiter is a waiting watcher: an element of a queue, whose Value is the waiter.
type waiter struct {
	ring.Ring
	woken chan FeedPacer // buffers one pacer, which is passed on to the next waiter
}

// Behind is the generation of a watcher for which there is always news.
const Behind = 0

// NewHub returns a hub without waiting watchers.
func NewHub() *Hub {
	return &Hub{generation: Behind + 1, caughtUp: NewQueue(), behind: NewQueue()}
}

// Notify records that something has happened, and wakes a watcher. What has happened
// must be visible before the call.
func (h *Hub) Notify() {
	if !h.news.Load() { // a load leaves the cache line shared
		h.news.Store(true)
	}
	if h.waiting.Load() > 0 && !h.waking.Load() {
		h.wake(nil)
	}
}

// Generation returns the generation of a watcher that starts to read the store now.
func (h *Hub) Generation() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.advanceLocked()
	return h.generation
}

// advanceLocked begins a new generation if there is news. All waiters are then behind.
func (h *Hub) advanceLocked() {
	if !h.news.Load() || !h.news.Swap(false) {
		return
	}
	h.generation++
	h.behind.PushAll(h.caughtUp)
}

// Wait waits until there is news after the generation known and it is the caller's turn
// among the watchers. The caller must pass the returned pacer to Pass after it has
// read the store. Wait returns false when canceled or done is closed.
func (h *Hub) Wait(known uint64, canceled, done <-chan struct{}) (pace FeedPacer, ok bool) {
	w := h.add(known)
	if !h.waking.Load() {
		h.wake(nil) // for news from before w was in the queue
	}
	select {
	case pace := <-w.woken:
		return pace, true
	case <-canceled:
	case <-done:
	}
	if pace, woken := h.leave(w); woken {
		h.wake(&pace)
	}
	return pace, false
}

// Pass wakes the next watcher, after a rest if one is due. The caller has read the
// given number of events.
func (h *Hub) Pass(pace FeedPacer, events int, now func() int64) {
	pace.Charge(events)
	if !pace.ShouldRest(now(), h.latest()) {
		h.wake(&pace)
		return
	}
	time.AfterFunc(FeedPause, func() {
		pace.Wake(now())
		h.wake(&pace)
	})
}

// latest returns the generation to which the latest news belongs, or will belong.
func (h *Hub) latest() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.news.Load() {
		return int64(h.generation) + 1
	}
	return int64(h.generation)
}

func (h *Hub) add(known uint64) *waiter {
	w := &waiter{woken: make(chan FeedPacer, 1)}
	w.Value = w
	h.mu.Lock()
	defer h.mu.Unlock()
	queue := h.caughtUp
	if known < h.generation {
		queue = h.behind
	}
	queue.Push(&w.Ring)
	h.waiting.Add(1)
	return w
}

// wake wakes the first watcher for which there is news, if there is one. The pacer is
// the one that the caller was woken with, or nil if the caller is a writer or a new
// watcher. If pace is nil and a woken watcher has yet to wake the next one, wake
// leaves it to that watcher.
func (h *Hub) wake(pace *FeedPacer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if pace == nil {
		if h.waking.Load() {
			return
		}
		pace = new(FeedPacer)
	}
	// This precedes the read of news, so a writer with later news sees false.
	h.waking.Store(false)
	h.advanceLocked()
	if !h.behind.Empty() {
		h.waking.Store(true)
		w := h.behind.First().(*waiter)
		h.leaveLocked(w)
		w.woken <- *pace
	}
}

func (h *Hub) leaveLocked(w *waiter) bool {
	waited := Leave(&w.Ring)
	if waited {
		h.waiting.Add(-1)
	}
	return waited
}

// leave removes w from its queue. If w has already been woken, it returns the pacer and
// true instead.
func (h *Hub) leave(w *waiter) (pace FeedPacer, woken bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.leaveLocked(w) {
		return pace, false
	}
	return <-w.woken, true
}
