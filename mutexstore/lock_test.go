package mutexstore

import (
	"runtime"
	"testing"

	. "github.com/onsi/gomega"
)

// 4: a waiting Lock acquires the lock after one step of long work, before RWMutex
// would hand it over.
func TestGiveWayLetsAWaitingLockAcquireTheLock(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // so that a waiter cannot wake up in time without giveWay
	g := NewWithT(t)
	var l lock
	l.beginSteps()
	defer l.endSteps()
	for range 100 {
		acquired := false
		done := make(chan struct{})
		l.Lock()
		g.Expect(l.isContended()).To(BeFalse())
		go func() {
			defer close(done)
			l.Lock()
			acquired = true
			l.Unlock()
		}()
		for !l.isContended() {
			runtime.Gosched()
		}
		l.Unlock()
		l.giveWay()
		l.Lock()
		g.Expect(acquired).To(BeTrue())
		l.Unlock()
		<-done
	}
}
