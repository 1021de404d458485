package mutexstore

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// A lock is a [sync.RWMutex] that spins: a goroutine that finds it held tries again
// for a while. RWMutex puts it to sleep at once, which costs many times what the
// store does under the lock. A write tries less often, since each of its attempts
// disturbs others, unless the lock is held for a step of long work: then it spins
// until that has ended.
type lock struct {
	waiting  atomic.Int32 // calls of Lock that found the lock held
	steppers atomic.Int32 // goroutines that take it for one step after another
	sync.RWMutex
}

const (
	readTries  = 1000 // about a microsecond
	writeTries = 10
	stepTries  = 2000 // about as long as a step lasts
	yields     = 100
)

func (l *lock) RLock() {
	for range readTries {
		if l.TryRLock() {
			return
		}
	}
	l.RWMutex.RLock()
}

func (l *lock) Lock() {
	for range writeTries {
		if l.TryLock() {
			return
		}
	}
	l.waiting.Add(1)
	defer l.waiting.Add(-1)
	for tries := 0; tries < stepTries && l.steppers.Load() > 0; tries++ {
		if l.TryLock() {
			return
		}
		for range 50 { // leave the holder its cache line
			l.steppers.Load()
		}
	}
	l.RWMutex.Lock()
}

// beginSteps says that the caller is going to take the lock for one step after
// another, and calls giveWay in between, until endSteps.
func (l *lock) beginSteps() { l.steppers.Add(1) }

func (l *lock) endSteps() { l.steppers.Add(-1) }

// isContended reports whether a Lock waits.
func (l *lock) isContended() bool { return l.waiting.Load() > 0 }

// giveWay lets one who waits for Lock have it. RWMutex wakes one, who needs a moment
// to get up: the next step would take the lock again by then, until RWMutex hands
// it over after a millisecond.
func (l *lock) giveWay() {
	for n := 0; n < yields && l.isContended(); n++ {
		runtime.Gosched()
	}
}
