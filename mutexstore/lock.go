package mutexstore

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// A lock is a [sync.RWMutex] that spins: a goroutine that finds it held retries for a
// while. RWMutex would put the goroutine to sleep at once, which costs many times
// what the store does under the lock. A writer retries less often, because each
// attempt disturbs others, unless the lock is held for one step of long work: then it
// spins until the step ends.
type lock struct {
	waiting  atomic.Int32 // calls of Lock that wait for the lock
	steppers atomic.Int32 // goroutines between beginSteps and endSteps
	sync.RWMutex
}

const (
	readTries  = 1000 // about a microsecond
	writeTries = 10
	stepTries  = 2000 // about the length of a step
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
		for range 50 { // do not take the cache line from the holder
			l.steppers.Load()
		}
	}
	l.RWMutex.Lock()
}

// beginSteps announces that the caller will lock for one step after another, and call
// giveWay in between, until endSteps.
func (l *lock) beginSteps() { l.steppers.Add(1) }

func (l *lock) endSteps() { l.steppers.Add(-1) }

// isContended reports whether a call of Lock is waiting.
func (l *lock) isContended() bool { return l.waiting.Load() > 0 }

// giveWay lets a waiting call of Lock acquire the lock. Unlock wakes one, which takes
// a moment. Without giveWay the next step would take the lock again before that, until
// RWMutex hands it over after a millisecond.
func (l *lock) giveWay() {
	for n := 0; n < yields && l.isContended(); n++ {
		runtime.Gosched()
	}
}
