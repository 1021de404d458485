package mutexstore

import "sync"

// A lock is a [sync.RWMutex] at which one tries a while before one waits. Who
// waits is put to sleep at once, which costs many times what the store does
// under the lock; sync.Mutex tries too, but RWMutex does not. A write tries less
// often: each of its attempts disturbs those who read.
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
