// Package sharded implements [lastmodstore.Sharded], which makes one store of several.
package sharded

import (
	"hash/maphash"
	"iter"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/epoch"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// Store is a [lastmodstore.Store] that distributes its keys over shards. The shards share
// one timeline.
type Store[K comparable, V any] struct {
	seed   maphash.Seed
	line   *timeline.Timeline
	hub    *engine.Hub
	shards []engine.Shard[K, V]

	batches sync.Pool // of *batch[K, V]

	closing atomic.Bool   // set by the first Close, before any shard is closed
	done    chan struct{} // closed by the first Close when all shards refuse calls
}

var _ lastmodstore.Store[string, int] = (*Store[string, int])(nil)

// Join makes one store, a *Store, of shards. It returns nil if one of them is not an
// [engine.Shard], was used before or occurs twice.
func Join[K comparable, V any](shards []any) any {
	s := &Store[K, V]{
		seed: maphash.MakeSeed(),
		line: timeline.Start(),
		hub:  engine.NewHub(),
		done: make(chan struct{}),
	}
	if len(shards) > 1 {
		s.line.Share()
	}
	sweeps := engine.NewSemaphore()
	joint := engine.Joint{Seed: s.seed, Line: s.line, Readers: epoch.NewDomain(), Hub: s.hub, Sweeps: sweeps, Shards: len(shards)}
	for i, shard := range shards {
		joint.Shard = i
		one, ok := shard.(engine.Shard[K, V])
		if !ok || !one.Join(joint) {
			return nil
		}
		s.shards = append(s.shards, one)
	}
	return s
}

// index returns the index of the shard for keys with hash h, by Lemire's fast range
// reduction. It uses the low half of h, because the shard's table uses the high half.
func (s *Store[K, V]) index(h uint64) int {
	return int(uint64(uint32(h)) * uint64(len(s.shards)) >> 32)
}

// shard returns the shard for keys with hash h.
func (s *Store[K, V]) shard(h uint64) engine.Shard[K, V] { return s.shards[s.index(h)] }

// peek calls Peek of the key's shard, for loops.
func (s *Store[K, V]) peek(key K) (lastmodstore.Entry[V], bool) {
	h := table.Hash(s.seed, key)
	return s.shard(h).Peek(h, key)
}

// Shards close one after another. An operation that finds one closed waits until all
// are, so that to callers the store closes at a single instant.

// awaitClose is called by a read that found nothing and at the end of a loop. If Close
// has begun, it waits until all shards are closed and returns true.
func (s *Store[K, V]) awaitClose() (isClosed bool) {
	if !s.closing.Load() {
		return false
	}
	<-s.done
	return true
}

// checkClosed returns err, the error of a write. If it is ErrClosed and Close has begun,
// checkClosed first waits until all shards are closed.
func (s *Store[K, V]) checkClosed(err error) error {
	if err == lastmodstore.ErrClosed && s.closing.Load() { // otherwise only a shard was closed, from outside
		<-s.done
	}
	return err
}

// Get implements [lastmodstore.Reader].
func (s *Store[K, V]) Get(key K) (V, bool) {
	h := table.Hash(s.seed, key)
	value, ok := s.shard(h).Get(h, key)
	if !ok {
		s.awaitClose()
	}
	return value, ok
}

// GetEntry implements [lastmodstore.Reader].
func (s *Store[K, V]) GetEntry(key K) (lastmodstore.Entry[V], bool) {
	h := table.Hash(s.seed, key)
	e, ok := s.shard(h).GetEntry(h, key)
	if !ok {
		s.awaitClose()
	}
	return e, ok
}

// GetLastModified implements [lastmodstore.Reader].
func (s *Store[K, V]) GetLastModified(key K) (time.Time, bool) {
	h := table.Hash(s.seed, key)
	t, ok := s.shard(h).GetLastModified(h, key)
	if !ok {
		s.awaitClose()
	}
	return t, ok
}

// Len implements [lastmodstore.Reader].
func (s *Store[K, V]) Len() int {
	n := 0
	for _, shard := range s.shards {
		n += shard.Len()
	}
	if s.awaitClose() {
		return 0
	}
	return n
}

// Stats implements [lastmodstore.Reader]: it adds up the shards' counters, but
// LongestSweepStep is the maximum.
func (s *Store[K, V]) Stats() lastmodstore.Stats {
	var all lastmodstore.Stats
	for _, shard := range s.shards {
		one := shard.Stats()
		all.Entries += one.Entries
		all.Hits += one.Hits
		all.Misses += one.Misses
		all.Sets += one.Sets
		all.Deletes += one.Deletes
		all.Expirations += one.Expirations
		all.Evictions += one.Evictions
		all.Sweeps += one.Sweeps
		all.PendingRemovals += one.PendingRemovals
		all.Weight = addLimited(all.Weight, one.Weight)
		all.MaxWeight = addLimited(all.MaxWeight, one.MaxWeight)
		all.LongestSweepStep = max(all.LongestSweepStep, one.LongestSweepStep)
	}
	if s.awaitClose() {
		return lastmodstore.Stats{}
	}
	return all
}

// addLimited adds two numbers that are not negative. It returns the greatest int if the
// sum is greater.
func addLimited(a, b int) int {
	if a > math.MaxInt-b {
		return math.MaxInt
	}
	return a + b
}

// Done implements [lastmodstore.Reader].
func (s *Store[K, V]) Done() <-chan struct{} { return s.done }

// All implements [lastmodstore.Reader].
func (s *Store[K, V]) All() iter.Seq2[K, lastmodstore.Entry[V]] {
	return func(yield func(K, lastmodstore.Entry[V]) bool) {
		for _, shard := range s.shards {
			for key, e := range shard.All() {
				if s.closing.Load() || !yield(key, e) {
					s.awaitClose()
					return
				}
			}
		}
		s.awaitClose()
	}
}

// Set implements [lastmodstore.Writer].
func (s *Store[K, V]) Set(key K, value V, ttl time.Duration) error {
	h := table.Hash(s.seed, key)
	return s.checkClosed(s.shard(h).Set(h, key, value, ttl))
}

// SetIfUnmodifiedSince implements [lastmodstore.Writer].
func (s *Store[K, V]) SetIfUnmodifiedSince(key K, value V, ttl time.Duration, t time.Time) (lastmodstore.Entry[V], bool, error) {
	h := table.Hash(s.seed, key)
	e, stored, err := s.shard(h).SetIfUnmodifiedSince(h, key, value, ttl, t)
	return e, stored, s.checkClosed(err)
}

// Add implements [lastmodstore.Writer].
func (s *Store[K, V]) Add(key K, delta V, ttl time.Duration) (lastmodstore.Entry[V], error) {
	h := table.Hash(s.seed, key)
	e, err := s.shard(h).Add(h, key, delta, ttl)
	return e, s.checkClosed(err)
}

// Touch implements [lastmodstore.Writer].
func (s *Store[K, V]) Touch(key K, ttl time.Duration) (bool, error) {
	h := table.Hash(s.seed, key)
	ok, err := s.shard(h).Touch(h, key, ttl)
	return ok, s.checkClosed(err)
}

// Delete implements [lastmodstore.Writer].
func (s *Store[K, V]) Delete(key K) (bool, error) {
	h := table.Hash(s.seed, key)
	ok, err := s.shard(h).Delete(h, key)
	return ok, s.checkClosed(err)
}

// GetAndDelete implements [lastmodstore.Writer].
func (s *Store[K, V]) GetAndDelete(key K) (lastmodstore.Entry[V], bool, error) {
	h := table.Hash(s.seed, key)
	e, ok, err := s.shard(h).GetAndDelete(h, key)
	return e, ok, s.checkClosed(err)
}

// DeleteIfUnmodifiedSince implements [lastmodstore.Writer].
func (s *Store[K, V]) DeleteIfUnmodifiedSince(key K, t time.Time) (bool, error) {
	h := table.Hash(s.seed, key)
	ok, err := s.shard(h).DeleteIfUnmodifiedSince(h, key, t)
	return ok, s.checkClosed(err)
}

// Merge implements [lastmodstore.Writer].
func (s *Store[K, V]) Merge(key K, e lastmodstore.Entry[V]) (bool, error) {
	h := table.Hash(s.seed, key)
	ok, err := s.shard(h).Merge(h, key, e)
	return ok, s.checkClosed(err)
}

// Clear implements [lastmodstore.Writer]. All shards then continue from one time, so that
// whatever is stored after Clear is later than the clearing of every shard.
func (s *Store[K, V]) Clear() error {
	var err error
	for _, shard := range s.shards {
		if e := shard.Clear(); e != nil {
			err = e
		}
	}
	s.promise()
	return s.checkClosed(err)
}

// Cleanup implements [lastmodstore.Writer].
func (s *Store[K, V]) Cleanup() int {
	removed := 0
	for _, shard := range s.shards {
		removed += shard.Cleanup()
	}
	return removed
}

// Close makes all shards refuse further calls, and only then waits for each to close: a
// shard's listener that is still running may call another shard, which must be closed
// as well.
func (s *Store[K, V]) Close() error {
	if !s.closing.Swap(true) {
		for _, shard := range s.shards {
			shard.BeginClose()
		}
		close(s.done)
	}
	<-s.done
	for _, shard := range s.shards {
		shard.Close()
	}
	return nil
}
