package engine

import (
	"hash/maphash"
	"iter"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/epoch"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A Shard is what Sharded needs of an engine. What is about one key takes its hash
// as well, by the seed of the [Joint]; otherwise the methods that are named as those
// of [lastmodstore.Store] do the same.
type Shard[K comparable, V any] interface {
	// Join makes an unused store one shard of several. It reports false, and
	// changes nothing, if the store was used or closed before, or has joined.
	Join(Joint) bool

	Get(h uint64, key K) (V, bool)
	GetEntry(h uint64, key K) (lastmodstore.Entry[V], bool)
	GetLastModified(h uint64, key K) (time.Time, bool)

	Set(h uint64, key K, value V, ttl time.Duration) error
	SetIfUnmodifiedSince(h uint64, key K, value V, ttl time.Duration, t time.Time) (lastmodstore.Entry[V], bool, error)
	Add(h uint64, key K, delta V, ttl time.Duration) (lastmodstore.Entry[V], error)
	Touch(h uint64, key K, ttl time.Duration) (bool, error)
	Delete(h uint64, key K) (bool, error)
	GetAndDelete(h uint64, key K) (lastmodstore.Entry[V], bool, error)
	DeleteIfUnmodifiedSince(h uint64, key K, t time.Time) (bool, error)
	Merge(h uint64, key K, e lastmodstore.Entry[V]) (bool, error)

	// StartGetMany begins to look up keys, and StartSetMany to store all. The
	// slices belong to the shard until the Pending has been awaited; it is nil if
	// everything was done at once, without an error.
	StartGetMany(keys []K, lookups []table.Lookup[V]) Pending
	StartSetMany(all []table.Assignment[K, V], ttl time.Duration) Pending

	Len() int
	Stats() lastmodstore.Stats
	All() iter.Seq2[K, lastmodstore.Entry[V]]
	OnRemove(fn func(key K, e lastmodstore.Entry[V], why lastmodstore.EventKind)) (stop func())
	Clear() error
	Cleanup() int

	// Last returns the latest time given to a modification or removal, once all
	// writes that had begun have ended.
	Last() int64

	// Changes takes the next step of p, which [table.Page.Limit] limits. It
	// returns false when the store is closed.
	Changes(p *table.Page[K, V]) bool

	// Feed takes the next step of f without waiting for anything to happen. It
	// returns false when the store is closed.
	Feed(f *table.Feed[K, V]) bool

	// Peek is GetEntry for a loop: it leaves no mark and is not counted.
	Peek(h uint64, key K) (lastmodstore.Entry[V], bool)

	// BeginClose returns when the store refuses whatever comes. It does not wait
	// for listeners, as Close does.
	BeginClose()
	Close() error
}

// A Pending is a shard's part of a batch that has begun.
type Pending interface {
	// Wait returns when the shard has served its part, or has refused it with the
	// error. It must be called exactly once.
	Wait() error
}

// Refused is a Pending that has failed already.
type Refused struct{ Err error }

// Wait implements [Pending].
func (r Refused) Wait() error { return r.Err }

// A Joint is what the shards of a Sharded have in common, and which one of them
// a store becomes.
type Joint struct {
	Seed          maphash.Seed // of the keys' hashes
	Line          *timeline.Timeline
	Readers       *epoch.Domain // of those that take no lock
	Hub           *Hub
	Sweeps        Semaphore // to hold during a sweep
	Shard, Shards int
}

// A Semaphore admits one at a time: a send takes it, a receive gives it back.
type Semaphore chan struct{}

// NewSemaphore returns a semaphore that is free.
func NewSemaphore() Semaphore { return make(Semaphore, 1) }
