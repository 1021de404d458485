package mutexstore

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// 4: a waiting Lock acquires the lock after one step of long work, before RWMutex
// would hand it over.
func TestRestLetsAWaitingLockAcquireTheLock(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // so that a waiter cannot wake up in time by itself
	g := NewWithT(t)
	var l lock
	line := timeline.Start()
	l.beginSteps()
	defer l.endSteps()
	const rounds = 100
	inTime := 0
	for range rounds {
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
		l.rest(line, true, false)
		l.Lock()
		if acquired {
			inTime++
		}
		l.Unlock()
		<-done
	}
	g.Expect(inTime).To(BeNumerically(">", rounds/2)) // without that, a rest ends after a time
}

// 5: writers that never stop leave a sweep its share, also of a single processor.
func TestASweepProgressesAmongWriters(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const entries, writers, mostCalls = 20_000, 8, 30_000_000 // they make one to four million
	s := New[int, int](0)
	defer s.Close()
	deadline := time.Now().Add(500 * time.Millisecond)
	for i := range entries {
		s.Set(i, i, time.Until(deadline))
	}
	<-time.After(time.Until(deadline))
	var swept atomic.Bool
	var calls atomic.Int64
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for !swept.Load() && calls.Add(1) < mostCalls {
				s.Set(-1-w, 0, 0)
			}
		})
	}
	s.Cleanup()
	made := calls.Load()
	swept.Store(true)
	wg.Wait()
	t.Logf("%d calls during the sweep", made)
	if made >= mostCalls {
		t.Errorf("5: a sweep of %d entries had not ended after %d writes", entries, made)
	}
}
