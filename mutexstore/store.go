// Package mutexstore implements a [lastmodstore.Store] that is guarded by a
// [sync.RWMutex].
//
// Writes take the lock. Long reads (many keys, loops, feeds) take the read lock.
// Reads of single keys take no lock (lookup.go): they do not wait for sweeps, other
// readers or writes, except while a batch is being stored, or while the key that
// they find expired is being renewed. They write nothing that another core reads,
// except, in a store with a capacity, a mark on the entry that was read. With a
// cleanup interval, one goroutine sweeps (sweeper.go). Without one there is no
// goroutine, only a timer after writes (reclaim.go).
package mutexstore

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/epoch"
	"github.com/lastmodstore/lastmodstore/internal/seam"
	"github.com/lastmodstore/lastmodstore/internal/sharded"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// hidden gives the embedded field an unexported name, so that it is not part of the
// documentation.
type hidden = seam.Engine

// Store is the lock engine: a [lastmodstore.Store] that is opened by [New]. A
// [sync.RWMutex] guards its state; only reads of single keys do without.
type Store[K comparable, V any] struct {
	*hidden

	weigher table.Weigher[K, V] // nil without MaxWeight

	// New sets seed, line, readers, hub and sweepSem. Join replaces them under the lock,
	// before other goroutines use the store.
	seed    maphash.Seed
	line    *timeline.Timeline
	done    chan struct{} // closed by the first Close, under the lock
	stopped chan struct{} // closed by the sweeper when it ends; nil without one

	readers  *epoch.Domain // readers that take no lock
	hub      *engine.Hub
	sweepSem engine.Semaphore // held by the sweeper during a sweep

	// Added to under the lock, while the store is open.
	listenerWG sync.WaitGroup // goroutines of OnRemove
	reclaimWG  sync.WaitGroup // timer while it is set, and the reclaim that it starts

	// Makes the lock's RWMutex begin a cache line: an object of over 512 bytes that
	// contains pointers is allocated 8 bytes behind the start of one.
	_ [8]byte

	mu           lock              // guards the fields below, except for what readers access in the table
	lastNotified int64             // the time of the last change that the hub was notified of
	table        table.Table[K, V] // begins with what each write changes, in one cache line with the lock
	renewing     atomic.Uint64     // the hash of the key whose deadline is being renewed: see isRenewing
	closed       bool              // the table is empty and is not written any more
	timer        *time.Timer       // runs reclaim; nil until it is first set
	reclaiming   bool              // timer is set, or reclaim is running
	listeners    []*listener[K, V]
}

var _ lastmodstore.Store[string, any] = (*Store[string, any])(nil)

// New opens a store that removes expired entries every cleanupInterval. An interval
// below a millisecond counts as one: New(5) means 5 ns, not 5 s. With 0, only Cleanup
// and insertions remove them, and no goroutine is started. New panics if
// cleanupInterval is negative, or if the weigher of MaxWeight is for other types. Close
// the store to end its goroutine.
func New[K comparable, V any](cleanupInterval time.Duration, opts ...lastmodstore.Option) *Store[K, V] {
	cleanupInterval = config.Interval(cleanupInterval)
	c := config.New(opts)
	s := &Store[K, V]{
		weigher:  table.WeigherOf[K, V](c),
		seed:     maphash.MakeSeed(),
		line:     c.Line,
		done:     make(chan struct{}),
		readers:  epoch.NewDomain(),
		hub:      engine.NewHub(),
		sweepSem: engine.NewSemaphore(),
	}
	s.hidden = seam.New[K](s, shard[K, V]{s}, sharded.Join[K, V])
	s.table.Init(s.line, c, s.readers)
	s.lastNotified = s.table.Last()
	if cleanupInterval > 0 && !c.Deterministic { // a sweep would be a write
		s.stopped = make(chan struct{})
		go s.sweepEvery(cleanupInterval)
	}
	return s
}

// Close implements [io.Closer]: it ends the store and its goroutines, as
// [lastmodstore.Store] describes.
func (s *Store[K, V]) Close() error {
	s.beginClose()
	if s.stopped != nil {
		<-s.stopped
	}
	s.listenerWG.Wait()
	s.reclaimWG.Wait()
	return nil
}

func (s *Store[K, V]) beginClose() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		s.table.Reset()
		close(s.done)
		s.endListenersLocked()
		s.endReclaimingLocked()
	}
}
