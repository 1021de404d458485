// Package mutexstore is the lastmodstore engine behind a [sync.RWMutex].
//
// Reads share the lock and write nothing under it but the mark that tells the
// bound what was read, and counters if asked for, both atomically. Where writes
// are rare, reads on different cores do not even write the lock (lock.go). With a
// cleanup interval one goroutine sweeps (sweeper.go); without, there is none.
package mutexstore

import (
	"hash/maphash"
	"iter"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/engine"
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

	hub        *engine.Hub
	sweeps     engine.Semaphore // to hold during a sweep of the store's own accord
	listenerWG sync.WaitGroup   // goroutines of OnRemove; added under the lock, while open

	_ [48]byte // the lock begins a cache line; an object of over 512 bytes, with pointers, lies 8 bytes behind one

	mu        lock              // guards what follows
	noted     int64             // the latest time of which the hub was notified
	table     table.Table[K, V] // what each write changes comes first, in a line with the lock
	closed    bool              // the table is empty, and no write reaches it
	listeners []*listener[K, V]
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
		seed:   maphash.MakeSeed(),
		line:   c.Line,
		done:   make(chan struct{}),
		hub:    engine.NewHub(),
		sweeps: engine.NewSemaphore(),
	}
	s.hidden = seam.New[K](s, shard[K, V]{s}, sharded.Join[K, V])
	s.mu.init()
	s.table.Init(s.line, c)
	s.noted = s.table.Last()
	if cleanupInterval > 0 {
		s.stopped = make(chan struct{})
		go s.sweepEvery(cleanupInterval)
	}
	return s
}

func (s *Store[K, V]) Get(key K) (V, bool) {
	return s.get(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) get(h uint64, key K) (V, bool) {
	stripe := s.mu.RLockShort()
	value, deadline, ok := s.table.Get(table.Short(h), key)
	s.mu.RUnlockShort(stripe)
	if ok && deadline != timeline.Never && deadline <= s.line.Now() {
		return s.getExpired(h, key)
	}
	s.table.CountRead(ok)
	return value, ok
}

// getExpired is Get with the clock read under the lock: Get reads it too late
// to say that there is none, for the one that it found may have been followed by
// another in time.
func (s *Store[K, V]) getExpired(h uint64, key K) (value V, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	e, ok := s.table.GetEntry(table.Short(h), key, s.line.Now())
	return e.Value, ok
}

func (s *Store[K, V]) GetEntry(key K) (lastmodstore.Entry[V], bool) {
	return s.getEntry(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) getEntry(h uint64, key K) (lastmodstore.Entry[V], bool) {
	defer s.mu.RUnlockShort(s.mu.RLockShort())
	return s.table.GetEntry(table.Short(h), key, s.line.Now())
}

func (s *Store[K, V]) GetLastModified(key K) (time.Time, bool) {
	return s.getLastModified(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) getLastModified(h uint64, key K) (time.Time, bool) {
	defer s.mu.RUnlockShort(s.mu.RLockShort())
	return s.table.GetLastModified(table.Short(h), key, s.line.Now())
}

func (s *Store[K, V]) GetMany(keys []K) map[K]lastmodstore.Entry[V] {
	lookups := table.Lookups[K, V](nil, s.seed, keys)
	s.getMany(keys, lookups)
	return table.Found(s.line, keys, lookups)
}

func (s *Store[K, V]) getMany(keys []K, lookups []table.Lookup[V]) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	s.table.GetMany(keys, lookups, s.line.Now())
}

func (s *Store[K, V]) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.table.Len()
}

func (s *Store[K, V]) Stats() lastmodstore.Stats {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return lastmodstore.Stats{}
	}
	stats := s.table.Stats()
	stats.PendingRemovals = s.pendingLocked()
	return stats
}

// Done implements [lastmodstore.Reader].
func (s *Store[K, V]) Done() <-chan struct{} { return s.done }

func (s *Store[K, V]) All() iter.Seq2[K, lastmodstore.Entry[V]] {
	return engine.Pages(s.line, s.done, table.Page[K, V]{}, s.step((*table.Table[K, V]).Scan), s.peekKey)
}

func (s *Store[K, V]) ModifiedSince(t time.Time) iter.Seq2[K, lastmodstore.Entry[V]] {
	return engine.Pages(s.line, s.done, table.Since[K, V](s.line, t), s.step((*table.Table[K, V]).Changes), s.peekKey)
}

func (s *Store[K, V]) peekKey(key K) (lastmodstore.Entry[V], bool) {
	return s.peek(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) peek(h uint64, key K) (lastmodstore.Entry[V], bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.table.Peek(table.Short(h), key, s.line.Now())
}

// step fills the next page under the lock.
func (s *Store[K, V]) step(fill func(*table.Table[K, V], *table.Page[K, V], int64)) func(*table.Page[K, V]) bool {
	return func(p *table.Page[K, V]) bool {
		s.mu.RLock()
		defer s.mu.RUnlock()
		fill(&s.table, p, s.line.Now())
		return !s.closed
	}
}

// begin locks for a write and answers its time: read under the lock, so that
// time never runs back from one write to the next.
func (s *Store[K, V]) begin() (now int64, err error) {
	s.mu.Lock()
	if s.closed {
		return 0, lastmodstore.ErrClosed
	}
	return s.line.Tick(), nil
}

// end unlocks after a write and notifies watchers of what it changed.
func (s *Store[K, V]) end() {
	s.dispatchLocked()
	last, hub := s.table.Last(), s.hub
	changed := last != s.noted
	s.noted = last
	s.mu.Unlock()
	if changed {
		hub.Notify()
	}
}

func (s *Store[K, V]) Set(key K, value V, ttl time.Duration) error {
	return s.set(table.Hash(s.seed, key), key, value, ttl)
}

func (s *Store[K, V]) set(h uint64, key K, value V, ttl time.Duration) error {
	now, err := s.begin()
	defer s.end()
	if err != nil {
		return err
	}
	return s.table.Set(table.Short(h), key, value, ttl, now)
}

func (s *Store[K, V]) SetMany(values map[K]V, ttl time.Duration) error {
	return s.setMany(table.Assignments(s.seed, values), ttl)
}

func (s *Store[K, V]) setMany(all []table.Assignment[K, V], ttl time.Duration) error {
	now, err := s.begin()
	defer s.end()
	if err != nil {
		return err
	}
	return s.table.SetMany(all, ttl, now)
}

func (s *Store[K, V]) SetIfUnmodifiedSince(key K, value V, ttl time.Duration, t time.Time) (lastmodstore.Entry[V], bool, error) {
	return s.setIf(table.Hash(s.seed, key), key, value, ttl, t)
}

func (s *Store[K, V]) setIf(h uint64, key K, value V, ttl time.Duration, t time.Time) (lastmodstore.Entry[V], bool, error) {
	var c table.Copy[V]
	stored, err := s.setIfCopy(h, key, value, ttl, t, &c)
	return c.Entry(s.line), stored, err
}

func (s *Store[K, V]) setIfCopy(h uint64, key K, value V, ttl time.Duration, t time.Time, c *table.Copy[V]) (bool, error) {
	now, err := s.begin()
	defer s.end()
	if err != nil {
		return false, err
	}
	return s.table.SetIfUnmodifiedSince(table.Short(h), key, value, ttl, t, now, c)
}

func (s *Store[K, V]) Add(key K, delta V, ttl time.Duration) (lastmodstore.Entry[V], error) {
	return s.add(table.Hash(s.seed, key), key, delta, ttl)
}

func (s *Store[K, V]) add(h uint64, key K, delta V, ttl time.Duration) (lastmodstore.Entry[V], error) {
	var c table.Copy[V]
	err := s.addCopy(h, key, delta, ttl, &c)
	return c.Entry(s.line), err
}

func (s *Store[K, V]) addCopy(h uint64, key K, delta V, ttl time.Duration, c *table.Copy[V]) error {
	now, err := s.begin()
	defer s.end()
	if err != nil {
		return err
	}
	return s.table.Add(table.Short(h), key, delta, ttl, now, c)
}

func (s *Store[K, V]) Touch(key K, ttl time.Duration) (bool, error) {
	return s.touch(table.Hash(s.seed, key), key, ttl)
}

func (s *Store[K, V]) touch(h uint64, key K, ttl time.Duration) (bool, error) {
	now, err := s.begin()
	defer s.end()
	if err != nil {
		return false, err
	}
	return s.table.Touch(table.Short(h), key, ttl, now)
}

func (s *Store[K, V]) Delete(key K) (bool, error) {
	return s.delete(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) delete(h uint64, key K) (bool, error) {
	now, err := s.begin()
	defer s.end()
	if err != nil {
		return false, err
	}
	return s.table.Delete(table.Short(h), key, now)
}

func (s *Store[K, V]) GetAndDelete(key K) (lastmodstore.Entry[V], bool, error) {
	return s.getAndDelete(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) getAndDelete(h uint64, key K) (lastmodstore.Entry[V], bool, error) {
	var c table.Copy[V]
	ok, err := s.getAndDeleteCopy(h, key, &c)
	return c.Entry(s.line), ok, err
}

func (s *Store[K, V]) getAndDeleteCopy(h uint64, key K, c *table.Copy[V]) (bool, error) {
	now, err := s.begin()
	defer s.end()
	if err != nil {
		return false, err
	}
	return s.table.GetAndDelete(table.Short(h), key, now, c)
}

func (s *Store[K, V]) DeleteIfUnmodifiedSince(key K, t time.Time) (bool, error) {
	return s.deleteIf(table.Hash(s.seed, key), key, t)
}

func (s *Store[K, V]) deleteIf(h uint64, key K, t time.Time) (bool, error) {
	now, err := s.begin()
	defer s.end()
	if err != nil {
		return false, err
	}
	return s.table.DeleteIfUnmodifiedSince(table.Short(h), key, t, now)
}

func (s *Store[K, V]) Merge(key K, e lastmodstore.Entry[V]) (bool, error) {
	return s.merge(table.Hash(s.seed, key), key, e)
}

func (s *Store[K, V]) merge(h uint64, key K, e lastmodstore.Entry[V]) (bool, error) {
	_, err := s.begin()
	defer s.end()
	if err != nil {
		return false, err
	}
	return s.table.Merge(table.Short(h), key, e, s.line.Catch())
}

func (s *Store[K, V]) Clear() error {
	cleared, err := s.clear()
	if expired := cleared.Expired(); err == nil && expired > 0 {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.table.CountCleared(expired)
	}
	return err
}

func (s *Store[K, V]) clear() (cleared table.Cleared[K, V], err error) {
	now, err := s.begin()
	defer s.end()
	if err == nil {
		cleared = s.table.Clear(now)
	}
	return cleared, err
}

// Close implements [io.Closer]: see [lastmodstore.Store].
func (s *Store[K, V]) Close() error {
	s.beginClose()
	if s.stopped != nil {
		<-s.stopped
	}
	s.listenerWG.Wait()
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
	}
}
