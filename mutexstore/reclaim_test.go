package mutexstore

import (
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
)

// 26: what writes have retired is released even if no other write follows.
func TestAnIdleStoreRetainsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s := New[int, int](0)
		for i := range 10 {
			s.Set(i, 1, 0)
			s.Set(i, 2, 0)
		}
		reader := s.readers.Enter()
		time.Sleep(10 * reclaimAfter)
		hasRetired := func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.table.HasRetired()
		}
		g.Expect(hasRetired()).To(BeTrue(), "a reader may still access it")
		reader.Leave()
		time.Sleep(reclaimAfter)
		synctest.Wait()
		g.Expect(hasRetired()).To(BeFalse())
		g.Expect(s.timer.Stop()).To(BeFalse(), "an idle store has set no timer")
		s.Set(0, 3, 0)
		g.Expect(s.Close()).To(Succeed())
		g.Expect(s.timer.Stop()).To(BeFalse())
	})
}

// 4: if a reader is interrupted for long, writers wait instead of retaining all that
// they retire.
func TestGarbageHeldByAReaderIsBounded(t *testing.T) {
	g := NewWithT(t)
	s := New[int, int](0)
	defer s.Close()
	reader := s.readers.Enter()
	var writes atomic.Int64
	const all = 100_000
	written := make(chan struct{})
	go func() {
		defer close(written)
		for i := range all {
			s.Set(1, i, 0)
			writes.Add(1)
		}
	}()
	for last := int64(-1); last != writes.Load() || last < 1000; {
		last = writes.Load()
		for range 1000 {
			runtime.Gosched()
		}
	}
	g.Expect(writes.Load()).To(BeNumerically("<", all/10))
	value, ok := s.Get(1)
	g.Expect(ok).To(BeTrue(), "a read does not wait for the waiting writer")
	g.Expect(value).To(BeNumerically("<", all))
	reader.Leave()
	g.Eventually(written, time.Minute).Should(BeClosed())
}

// 19: Close stops the timer that reclaims retired slots.
func TestCloseDoesNotWaitForTheTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s := New[int, int](0)
		g.Expect(s.Set(1, 1, 0)).To(Succeed())
		g.Expect(s.Set(1, 2, 0)).To(Succeed())
		start := time.Now()
		g.Expect(s.Close()).To(Succeed())
		g.Expect(time.Since(start)).To(BeZero())
		g.Expect(s.timer.Stop()).To(BeFalse())
	})
}

// 19: Close returns only after a running reclaim has ended.
func TestCloseWaitsForWhatTheTimerStarted(t *testing.T) {
	g := NewWithT(t)
	s := New[int, int](0)
	s.reclaimWG.Add(1)
	var isClosed atomic.Bool
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		s.Close()
		isClosed.Store(true)
	}()
	<-s.Done()
	for range 1000 {
		runtime.Gosched()
	}
	g.Expect(isClosed.Load()).To(BeFalse())
	s.reclaimWG.Done()
	<-closed
}
