package engine

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
)

// stopped is a clock that stands still.
func stopped() int64 { return 1 }

// waiters starts n goroutines that wait at h. The function woken returns the order in
// which they were woken since its last call, and stop ends them.
func waiters(h *Hub, n int) (woken func() []int, stop func()) {
	var mu sync.Mutex
	var order []int
	var wg sync.WaitGroup
	canceled := make(chan struct{})
	for i := range n {
		known := h.Generation()
		wg.Go(func() {
			for {
				pace, ok := h.Wait(known, canceled, nil)
				if !ok {
					return
				}
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
				known = h.Generation()
				h.Pass(pace, 0, stopped)
			}
		})
		synctest.Wait() // they queue one after another
	}
	return func() []int {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			o := order
			order = nil
			return o
		}, func() {
			close(canceled)
			wg.Wait()
		}
}

func TestANotificationWakesEveryWatcherOnceInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		h := NewHub()
		woken, stop := waiters(h, 5)
		g.Expect(woken()).To(BeEmpty())
		all := Equal([]int{0, 1, 2, 3, 4}) // the order in which they queued
		for range 3 {
			h.Notify()
			g.Expect(woken()).To(all)
			g.Expect(woken()).To(BeEmpty(), "there is no news")
			all = ConsistOf(0, 1, 2, 3, 4) // they may queue again in another order
		}
		stop()
		g.Expect(h.waiting.Load()).To(BeZero())
		g.Expect(h.caughtUp.Empty()).To(BeTrue())
		g.Expect(h.behind.Empty()).To(BeTrue())
	})
}

func TestNewsBeforeTheWaitIsNotMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		h := NewHub()
		for range 3 {
			known := h.Generation()
			h.Notify() // after the read, before the wait
			pace, ok := h.Wait(known, nil, nil)
			g.Expect(ok).To(BeTrue())
			h.Pass(pace, 0, stopped)
		}
	})
}

func TestAWaiterThatLeavesWakesTheNext(t *testing.T) {
	g := NewWithT(t)
	h := NewHub()
	a, b := h.add(h.Generation()), h.add(h.Generation())
	h.Notify()
	g.Expect(a.woken).To(HaveLen(1))
	pace, woken := h.leave(a)
	g.Expect(woken).To(BeTrue())
	h.wake(&pace)
	g.Expect(b.woken).To(HaveLen(1))

	c, d := h.add(h.Generation()), h.add(h.Generation())
	pace, woken = h.leave(b)
	g.Expect(woken).To(BeTrue())
	_, woken = h.leave(c)
	g.Expect(woken).To(BeFalse())
	h.wake(&pace)
	g.Expect(d.woken).To(BeEmpty(), "there is no news")
	h.Notify()
	g.Expect(d.woken).To(HaveLen(1))
}

func TestAWatcherOfAnOlderGenerationIsWokenAtOnce(t *testing.T) {
	g := NewWithT(t)
	h := NewHub()
	old := h.Generation()
	h.Notify()
	g.Expect(h.Generation()).To(Equal(old + 1))
	w := h.add(old)
	h.wake(nil)
	g.Expect(w.woken).To(HaveLen(1))
}

// No wake-up is lost in any interleaving: two goroutines wait for each other's
// notifications.
func TestTwoGoroutinesThatNotifyEachOtherNeverHang(t *testing.T) {
	const rounds = 20_000
	h := [2]*Hub{NewHub(), NewHub()}
	var sent [2]atomic.Int64
	var wg sync.WaitGroup
	for side := range 2 {
		wg.Go(func() {
			for n := int64(1); n <= rounds; n++ {
				if side == 0 {
					sent[0].Store(n)
					h[0].Notify()
				}
				for {
					known := h[1-side].Generation()
					if sent[1-side].Load() >= n {
						break
					}
					pace, _ := h[1-side].Wait(known, nil, nil)
					h[1-side].Pass(pace, 0, stopped)
				}
				if side == 1 {
					sent[1].Store(n)
					h[1].Notify()
				}
			}
		})
	}
	wg.Wait()
}

// Watchers that all want each change rest under continuous writes.
func TestWatchersRestWhileThereIsNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		h := NewHub()
		pace := FeedPacer{began: 1, last: h.latest()}
		h.Notify()
		w := h.add(h.Generation())
		h.Notify()
		g.Expect(w.woken).To(HaveLen(1))
		next := h.add(h.Generation())
		h.Notify()
		start := time.Now()
		h.Pass(pace, 0, func() int64 { return 2 + int64(feedStretch) })
		<-next.woken
		g.Expect(time.Since(start)).To(Equal(time.Duration(FeedPause)))
	})
}

// A watcher whose context ends just as it is woken still wakes the next one.
func TestAWatcherThatEndsAsItIsWokenWakesTheNext(t *testing.T) {
	for range 100 { // select picks one of the two at random
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			h := NewHub()
			canceled, done := make(chan struct{}), make(chan struct{})
			go func() {
				if pace, ok := h.Wait(h.Generation(), canceled, done); ok {
					h.Pass(pace, 0, stopped)
				}
			}()
			synctest.Wait()
			woken := false
			go func() { _, woken = h.Wait(h.Generation(), nil, done) }()
			synctest.Wait()
			close(canceled)
			h.Notify()
			synctest.Wait()
			g.Expect(woken).To(BeTrue())
			close(done)
		})
	}
}

// A notification concurrent with the wake-up of the last watcher reaches all watchers,
// even if that one does not wait again. A watcher that is not reached is a deadlock.
func TestANotificationDuringTheLastWakeUpReachesAllWatchers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		synctest.Test(t, func(t *testing.T) {
			h := NewHub()
			var news atomic.Int32
			for range 2 {
				go func() {
					for known := h.Generation(); news.Load() < 2; known = h.Generation() {
						pace, _ := h.Wait(known, nil, nil)
						h.Pass(pace, 0, stopped)
					}
				}()
			}
			synctest.Wait()
			news.Store(1)
			h.Notify()
			for range random.IntN(4) {
				runtime.Gosched()
			}
			news.Store(2)
			h.Notify()
		})
	}
}
