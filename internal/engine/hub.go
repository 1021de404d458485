package engine

import (
	"container/ring"
	"sync"
	"sync/atomic"
	"time"
)

// A Hub is where watchers wait for news of a store, or of all shards of one.
//
// A writer wakes at most one watcher, and each that is woken wakes the next: so
// what a writer pays does not depend on how many wait. Between two wake-ups a
// Pacer lets them rest while a writer does not stop.
//
// News has a generation: a watcher that knows all until one generation is woken
// when there is a newer one.
type Hub struct {
	waiting atomic.Int32 // how many wait: all that a writer looks at if none does
	news    atomic.Bool  // something has happened that is in no generation yet
	waking  atomic.Bool  // a woken watcher has yet to wake the next; mu guards writes

	mu         sync.Mutex // guards the fields below; nothing is waited for under it
	generation uint64
	know       Queue // of waiters that know all until generation
	behind     Queue // of waiters for which there is news
}

// A waiter is one watcher that waits: a ring's element, whose value it is.
type waiter struct {
	ring.Ring
	woken chan FeedPacer // holds one, which is passed on to the next to be woken
}

// Behind is the generation of a watcher for which there is news in any case.
const Behind = 0

// NewHub returns a hub at which nobody waits.
func NewHub() *Hub {
	return &Hub{generation: Behind + 1, know: NewQueue(), behind: NewQueue()}
}

// Notify notes that something has happened, and wakes a watcher. What has
// happened must be visible before.
func (h *Hub) Notify() {
	if !h.news.Load() { // a load shares the cache line
		h.news.Store(true)
	}
	if h.waiting.Load() > 0 && !h.waking.Load() {
		h.wake(nil)
	}
}

// Generation returns what a watcher knows that looks from now on.
func (h *Hub) Generation() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.renewLocked()
	return h.generation
}

// renewLocked makes a generation of the news, and all who wait fall behind it.
func (h *Hub) renewLocked() {
	if !h.news.Load() || !h.news.Swap(false) {
		return
	}
	h.generation++
	h.behind.PushAll(h.know)
}

// Wait waits for its turn among the watchers for which there is news since the
// given generation, and returns the pace that the watcher is to pass on by Pass
// when it has looked. It returns false when canceled or done is closed.
func (h *Hub) Wait(known uint64, canceled, done <-chan struct{}) (pace FeedPacer, ok bool) {
	w := h.add(known)
	if !h.waking.Load() {
		h.wake(nil) // of what happened before w was in the queue
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

// Pass wakes the next watcher, after a rest if it is time for one. The caller has
// read so many events.
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

// latest returns the generation that the present news is in, or will be.
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
	queue := h.know
	if known < h.generation {
		queue = h.behind
	}
	queue.Push(&w.Ring)
	h.waiting.Add(1)
	return w
}

// wake wakes the first watcher for which there is news, if there is one. Pace is
// what the caller was woken with, or nil if it is a writer or a new watcher; then
// one that was woken and has yet to wake the next does it.
func (h *Hub) wake(pace *FeedPacer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if pace == nil {
		if h.waking.Load() {
			return
		}
		pace = new(FeedPacer)
	}
	// Before news is read: a writer that has some after that finds it false.
	h.waking.Store(false)
	h.renewLocked()
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

// leave takes w out of its queue, or reports that it had been woken.
func (h *Hub) leave(w *waiter) (pace FeedPacer, woken bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.leaveLocked(w) {
		return pace, false
	}
	return <-w.woken, true
}
