// Package mutexstore is the lastmodstore engine behind a [sync.RWMutex].
//
// Writes lock, and long reads (many keys, loops, feeds) read-lock. Reads of single
// keys take no lock (lookup.go): they wait for no sweep, no other reader and no
// write, except while a batch is being stored, or the key that they find expired is
// being renewed. They write nothing that another core reads but, with a capacity,
// the mark that tells what was read. With a cleanup interval one goroutine sweeps
// (sweeper.go); without, there is none, but for a timer after writes (reclaim.go).
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

type hidden[K comparable] = seam.Engine[K]

// Store is the lock engine. Its methods keep the contract of
// [lastmodstore.Store]; New opens one.
type Store[K comparable, V any] struct {
	*hidden[K]
	seed    maphash.Seed
	line    *timeline.Timeline // as seed, hub and sweeps, set by New, or by Join under the lock before others have the store
	done    chan struct{}      // closed by the first Close, under the lock
	stopped chan struct{}      // closed by the sweeper when it ends; nil without one

	readers    *epoch.Domain // of those who take no lock
	hub        *engine.Hub
	sweeps     engine.Semaphore // to hold during a sweep of the store's own accord
	listenerWG sync.WaitGroup   // goroutines of OnRemove; added under the lock, while open
	reclaims   sync.WaitGroup   // timer, if it is set, and what it runs; added under the lock, while open

	_ [16]byte // the lock's RWMutex begins a cache line; an object of over 512 bytes, with pointers, lies 8 bytes behind one

	mu         lock              // guards what follows, but for what readers reach in the table
	noted      int64             // the latest time of which the hub was notified
	table      table.Table[K, V] // what each write changes comes first, in a line with the lock
	renewing   atomic.Uint64     // of which key the deadline is being renewed: see isRenewing
	closed     bool              // the table is empty, and no write reaches it
	timer      *time.Timer       // for reclaim; nil until it is first set
	reclaiming bool              // timer is set, or reclaim runs
	listeners  []*listener[K, V]
}

var _ lastmodstore.Store[string, any] = (*Store[string, any])(nil)

// New opens a store that removes expired entries every cleanupInterval, or every
// millisecond if that is shorter: New(5) means 5 ns, not 5 s. With 0, Cleanup and
// insertions do it, and no goroutine is started. New panics if cleanupInterval
// is negative. Close the store to end its goroutine.
func New[K comparable, V any](cleanupInterval time.Duration, opts ...lastmodstore.Option) *Store[K, V] {
	cleanupInterval = config.Interval(cleanupInterval)
	c := config.New(opts)
	s := &Store[K, V]{
		seed:    maphash.MakeSeed(),
		line:    c.Line,
		done:    make(chan struct{}),
		readers: epoch.NewDomain(),
		hub:     engine.NewHub(),
		sweeps:  engine.NewSemaphore(),
	}
	s.hidden = seam.New[K](s, shard[K, V]{s}, sharded.Join[K, V])
	s.table.Init(s.line, c, s.readers)
	s.noted = s.table.Last()
	if cleanupInterval > 0 {
		s.stopped = make(chan struct{})
		go s.sweepEvery(cleanupInterval)
	}
	return s
}

// Close implements [io.Closer]: see [lastmodstore.Store].
func (s *Store[K, V]) Close() error {
	s.beginClose()
	if s.stopped != nil {
		<-s.stopped
	}
	s.listenerWG.Wait()
	s.reclaims.Wait()
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
