package mutexstore

import (
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
)

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
