package mutexstore

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
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
	maxYields  = 1000 // of a rest, in case the clock stands still
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
	isFirst := l.waiting.Add(1) == 1
	defer l.waiting.Add(-1)
	for tries := 0; isFirst && tries < stepTries && l.steppers.Load() > 0; tries++ {
		if l.TryLock() {
			return
		}
		for range 50 { // an attempt would disturb the holder
			l.waiting.Load()
		}
	}
	l.RWMutex.Lock()
}

// beginSteps announces that the caller will lock for one step after another, and rest
// in between, until endSteps.
func (l *lock) beginSteps() { l.steppers.Add(1) }

func (l *lock) endSteps() { l.steppers.Add(-1) }

// isContended reports whether a Lock waits.
func (l *lock) isContended() bool { return l.waiting.Load() > 0 }

// rest yields the processor and, while callers of Lock wait or did so before, leaves the
// lock to them for up to [engine.SweepPause]: RWMutex wakes one of them, and the next
// step would otherwise take the lock again first, until RWMutex hands it over after a
// millisecond. It returns the time at its end.
//
// It does not sleep, unless the processors are busy: a thread that wakes up may push
// another off its processor for milliseconds. But among goroutines that compute, a
// yield lasts until each of them has had its time slice, and a sleep does not.
func (l *lock) rest(line *timeline.Timeline, contended, isBusy bool) int64 {
	start := line.Now()
	if isBusy {
		time.Sleep(engine.SweepPause)
		return line.Now()
	}
	for n := 1; ; n++ {
		runtime.Gosched()
		now := line.Now()
		if n == maxYields || now-start >= int64(engine.SweepPause) || !contended && !l.isContended() {
			return now
		}
	}
}
