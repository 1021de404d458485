package mutexstore

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"unsafe"
)

// A lock is a [sync.RWMutex] with a bias towards short reads, which is BRAVO
// (Dice and Kogan, USENIX ATC 2019).
//
// All who read-lock an RWMutex write one cache line, and so wait for each other.
// While the lock is biased a short read only enters one of several stripes, each
// a cache line of its own. A writer takes the RWMutex, ends the bias and waits
// until the stripes are empty; one that has to wait for the RWMutex lets no more
// reads pass meanwhile. One in many reads brings the bias back, so that where
// writes are frequent they seldom have to end one.
//
// And who finds the lock taken tries a while. RWMutex puts him to sleep at once,
// which costs many times what the store does under the lock. A write tries less
// often: each of its attempts disturbs those who read.
type lock struct {
	bias    atomic.Uint32
	mix     atomic.Uint64 // odd; spreads readers over the stripes, and changes when they meet in one
	stripes *[stripes]stripe
	empty   chan struct{} // holds one: a stripe for which a writer waits may be empty
	_       [32]byte      // what only beginnings and ends of a bias write has a cache line of its own

	sync.RWMutex // 40 bytes of its cache line are for what writers write under the lock
}

// A stripe counts the short reads in it, from -awaited if a writer waits for
// their end.
type stripe struct {
	readers atomic.Int32
	_       [60]byte
}

// What bias is.
const (
	off    uint32 = iota
	on            // short reads may enter stripes
	ending        // none may enter, but some may be inside
)

const (
	stripes     = 16
	stripeShift = 64 - 4 // leaves the number of a stripe

	rebias     = 32   // one in so many short reads brings the bias back
	remix      = 256  // one in so many meetings in a stripe spreads the readers anew
	readTries  = 1000 // about a microsecond
	writeTries = 10
	drainTries = 100

	awaited = 1 << 30
)

func (l *lock) init() {
	l.spread()
	l.stripes = new([stripes]stripe)
	l.empty = make(chan struct{}, 1)
}

func (l *lock) spread() { l.mix.Store(rand.Uint64() | 1) }

// RLockShort locks for a short read. What it answers is for RUnlockShort.
func (l *lock) RLockShort() *stripe {
	if l.bias.Load() == on {
		s := &l.stripes[l.here()]
		if s.readers.Add(1) != 1 && rand.Uint32()%remix == 0 {
			l.spread() // else two goroutines that meet once would for ever
		}
		if l.bias.Load() == on {
			return s
		}
		l.leave(s)
	}
	l.RLock()
	if rand.Uint32()%rebias == 0 {
		l.bias.CompareAndSwap(off, on) // no writer has the lock
	}
	return nil
}

func (l *lock) RUnlockShort(s *stripe) {
	if s != nil {
		l.leave(s)
	} else {
		l.RUnlock()
	}
}

func (l *lock) leave(s *stripe) {
	if s.readers.Add(-1) == -awaited {
		l.tellWriter()
	}
}

func (l *lock) tellWriter() {
	select {
	case l.empty <- struct{}{}:
	default: // he will look anyway
	}
}

// here is the number of the caller's stripe: likely the same as the last time,
// and another than that of who runs on another core. It is made of where the
// goroutine's stack lies; 2 KB is the smallest.
func (l *lock) here() uint64 {
	var local byte
	page := uint64(uintptr(unsafe.Pointer(&local))) >> 11
	return page * l.mix.Load() >> stripeShift // multiplicative hashing (Knuth 6.4)
}

func (l *lock) RLock() {
	for range readTries {
		if l.TryRLock() {
			return
		}
	}
	l.RWMutex.RLock()
}

func (l *lock) Lock() {
	l.lockOthers()
	if l.bias.Load() != off {
		l.bias.Store(off)
		l.drain()
	}
}

// lockOthers locks out all but short reads.
func (l *lock) lockOthers() {
	for range writeTries {
		if l.TryLock() {
			return
		}
	}
	// Else those who pass would keep the processors, and a writer that is woken
	// would get none. Not off: who finds that does not drain.
	l.bias.CompareAndSwap(on, ending)
	l.RWMutex.Lock()
}

// drain waits until no short read is in a stripe; none stays that enters now.
func (l *lock) drain() {
	for i := range l.stripes {
		s := &l.stripes[i]
		for tries := 0; s.readers.Load() != 0; tries++ {
			if tries == drainTries {
				l.await(s)
				break
			}
		}
	}
}

// await sleeps until s is empty: a read in it has been interrupted.
func (l *lock) await(s *stripe) {
	s.readers.Add(-awaited)
	for s.readers.Load() != -awaited {
		<-l.empty // or was once
	}
	s.readers.Add(awaited)
}
