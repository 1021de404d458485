package mutexstore

import (
	"runtime"
	"testing"

	. "github.com/onsi/gomega"
)

// 4: who waits for the lock has it after one step of long work, and not only when
// RWMutex hands it over.
func TestGiveWayLetsOneWhoWaitsHaveTheLock(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // so that nobody gets up in time by himself
	g := NewWithT(t)
	var l lock
	l.beginSteps()
	defer l.endSteps()
	for range 100 {
		had := false
		over := make(chan struct{})
		l.Lock()
		g.Expect(l.isContended()).To(BeFalse())
		go func() {
			defer close(over)
			l.Lock()
			had = true
			l.Unlock()
		}()
		for !l.isContended() {
			runtime.Gosched()
		}
		l.Unlock()
		l.giveWay()
		l.Lock()
		g.Expect(had).To(BeTrue())
		l.Unlock()
		<-over
	}
}
