// Package sharded makes one store of several: see lastmodstore.Sharded.
package sharded

import (
	"hash/maphash"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/epoch"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// Store spreads its keys over shards, which share one timeline.
type Store[K comparable, V any] struct {
	seed   maphash.Seed
	line   *timeline.Timeline
	hub    *engine.Hub
	shards []engine.Shard[K, V]

	batches sync.Pool // of *batch[K, V]

	closing atomic.Bool   // set by the first Close, before any shard is closed
	done    chan struct{} // closed by it when all shards are
}

var _ lastmodstore.Store[string, int] = (*Store[string, int])(nil)

// Join makes one store of shards, each an [engine.Shard]. It returns nil if one
// of them is not, was used before or occurs twice.
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

// index returns the shard of the keys with the hash h. It uses the low half, since
// the shard's table uses the high one, by Lemire's fast range reduction.
func (s *Store[K, V]) index(h uint64) int {
	return int(uint64(uint32(h)) * uint64(len(s.shards)) >> 32)
}

// shard returns the shard of the keys with the hash h.
func (s *Store[K, V]) shard(h uint64) engine.Shard[K, V] { return s.shards[s.index(h)] }

// peek is Peek of the key's shard, for loops.
func (s *Store[K, V]) peek(key K) (lastmodstore.Entry[V], bool) {
	h := table.Hash(s.seed, key)
	return s.shard(h).Peek(h, key)
}

// Shards close one after another. An operation that meets a closed one returns
// when all are, so that to callers the store closes at a single instant.

// missed is for a read that found nothing, or a loop that has ended.
func (s *Store[K, V]) missed() (isClosed bool) {
	if !s.closing.Load() {
		return false
	}
	<-s.done
	return true
}

// refused is for the error of a write.
func (s *Store[K, V]) refused(err error) error {
	if err == lastmodstore.ErrClosed && s.closing.Load() { // else somebody closed a shard
		<-s.done
	}
	return err
}

func (s *Store[K, V]) Get(key K) (V, bool) {
	h := table.Hash(s.seed, key)
	value, ok := s.shard(h).Get(h, key)
	if !ok {
		s.missed()
	}
	return value, ok
}

func (s *Store[K, V]) GetEntry(key K) (lastmodstore.Entry[V], bool) {
	h := table.Hash(s.seed, key)
	e, ok := s.shard(h).GetEntry(h, key)
	if !ok {
		s.missed()
	}
	return e, ok
}

func (s *Store[K, V]) GetLastModified(key K) (time.Time, bool) {
	h := table.Hash(s.seed, key)
	t, ok := s.shard(h).GetLastModified(h, key)
	if !ok {
		s.missed()
	}
	return t, ok
}

func (s *Store[K, V]) Len() int {
	n := 0
	for _, shard := range s.shards {
		n += shard.Len()
	}
	if s.missed() {
		return 0
	}
	return n
}

// Stats sums the shards' counters. LongestSweepStep is the longest of all.
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
		all.LongestSweepStep = max(all.LongestSweepStep, one.LongestSweepStep)
	}
	if s.missed() {
		return lastmodstore.Stats{}
	}
	return all
}

func (s *Store[K, V]) Done() <-chan struct{} { return s.done }

func (s *Store[K, V]) All() iter.Seq2[K, lastmodstore.Entry[V]] {
	return func(yield func(K, lastmodstore.Entry[V]) bool) {
		for _, shard := range s.shards {
			for key, e := range shard.All() {
				if s.closing.Load() || !yield(key, e) {
					s.missed()
					return
				}
			}
		}
		s.missed()
	}
}

func (s *Store[K, V]) Set(key K, value V, ttl time.Duration) error {
	h := table.Hash(s.seed, key)
	return s.refused(s.shard(h).Set(h, key, value, ttl))
}

func (s *Store[K, V]) SetIfUnmodifiedSince(key K, value V, ttl time.Duration, t time.Time) (lastmodstore.Entry[V], bool, error) {
	h := table.Hash(s.seed, key)
	e, stored, err := s.shard(h).SetIfUnmodifiedSince(h, key, value, ttl, t)
	return e, stored, s.refused(err)
}

func (s *Store[K, V]) Add(key K, delta V, ttl time.Duration) (lastmodstore.Entry[V], error) {
	h := table.Hash(s.seed, key)
	e, err := s.shard(h).Add(h, key, delta, ttl)
	return e, s.refused(err)
}

func (s *Store[K, V]) Touch(key K, ttl time.Duration) (bool, error) {
	h := table.Hash(s.seed, key)
	ok, err := s.shard(h).Touch(h, key, ttl)
	return ok, s.refused(err)
}

func (s *Store[K, V]) Delete(key K) (bool, error) {
	h := table.Hash(s.seed, key)
	ok, err := s.shard(h).Delete(h, key)
	return ok, s.refused(err)
}

func (s *Store[K, V]) GetAndDelete(key K) (lastmodstore.Entry[V], bool, error) {
	h := table.Hash(s.seed, key)
	e, ok, err := s.shard(h).GetAndDelete(h, key)
	return e, ok, s.refused(err)
}

func (s *Store[K, V]) DeleteIfUnmodifiedSince(key K, t time.Time) (bool, error) {
	h := table.Hash(s.seed, key)
	ok, err := s.shard(h).DeleteIfUnmodifiedSince(h, key, t)
	return ok, s.refused(err)
}

func (s *Store[K, V]) Merge(key K, e lastmodstore.Entry[V]) (bool, error) {
	h := table.Hash(s.seed, key)
	ok, err := s.shard(h).Merge(h, key, e)
	return ok, s.refused(err)
}

// Clear makes all shards go on from one time, so that what is stored after it is
// not older than another shard's share of it.
func (s *Store[K, V]) Clear() error {
	var err error
	for _, shard := range s.shards {
		if e := shard.Clear(); e != nil {
			err = e
		}
	}
	s.promise()
	return s.refused(err)
}

func (s *Store[K, V]) Cleanup() int {
	removed := 0
	for _, shard := range s.shards {
		removed += shard.Cleanup()
	}
	return removed
}

// Close makes all shards refuse what comes, and only then waits for each: what
// one's listener does meanwhile may need another that is closed, too.
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
