package mutexstore

import "sync"

// A lock is a [sync.RWMutex] that spins: a goroutine that finds it held tries again
// for a while. RWMutex puts it to sleep at once, which costs many times what the
// store does under the lock. A write tries less often: each of its attempts disturbs
// others.
type lock struct{ sync.RWMutex }

const (
	readTries  = 1000 // about a microsecond
	writeTries = 10
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
	l.RWMutex.Lock()
}
