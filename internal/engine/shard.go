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

// A Shard is the view of an engine that Sharded uses. Methods for a single key also take
// the hash of the key, computed with the seed of the [Joint]. Methods with the name of
// a method of [lastmodstore.Store] do the same as that method.
type Shard[K comparable, V any] interface {
	// Join makes an unused store one of several shards and reports whether it
	// did. It returns false, and changes nothing, if the store was already used,
	// closed or joined.
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

	// Weigh sets the weights of what StartSetMany is to store. With MaxWeight it calls
	// the weigher, which may panic.
	Weigh(all []table.Assignment[K, V])

	// StartGetMany starts to look up keys, and StartSetMany starts to store all.
	// The shard owns the slices until Wait of the returned Pending has returned.
	// The Pending is nil if everything was already done without an error.
	StartGetMany(keys []K, lookups []table.Lookup[V]) Pending
	StartSetMany(all []table.Assignment[K, V], ttl time.Duration) Pending

	Len() int
	Stats() lastmodstore.Stats
	All() iter.Seq2[K, lastmodstore.Entry[V]]
	OnRemove(fn func(key K, e lastmodstore.Entry[V], why lastmodstore.EventKind)) (stop func())
	Clear() error
	Cleanup() int

	// Last waits until all writes that had begun have ended, and returns the
	// latest time given to a modification or removal.
	Last() int64

	// Changes loads the next step of p, up to the end set by [table.Page.Limit].
	// It returns false when the store is closed.
	Changes(p *table.Page[K, V]) bool

	// Feed loads the next step of f without waiting for changes. It returns false
	// when the store is closed.
	Feed(f *table.Feed[K, V]) bool

	// Peek is GetEntry for a loop: it does not mark the entry as read and is not
	// counted.
	Peek(h uint64, key K) (lastmodstore.Entry[V], bool)

	// BeginClose returns when the store refuses all further calls. Unlike Close,
	// it does not wait for listeners.
	BeginClose()
	Close() error
}

// A Pending is a shard's part of a batch in progress.
type Pending interface {
	// Wait returns when the shard has finished its part, or has refused it with
	// an error. It must be called exactly once.
	Wait() error
}

// Refused is a Pending that has already failed with Err.
type Refused struct{ Err error }

// Wait implements [Pending]: it returns Err.
func (r Refused) Wait() error { return r.Err }

// A Joint holds what the shards of a Sharded have in common, and the index of the shard
// that a store becomes.
type Joint struct {
	Seed          maphash.Seed // for hashing keys
	Line          *timeline.Timeline
	Readers       *epoch.Domain // of readers that take no lock
	Hub           *Hub
	Sweeps        Semaphore // held during a sweep
	Shard, Shards int       // index of the shard, and number of shards
}

// A Semaphore admits one holder at a time: a send acquires it, a receive releases it.
type Semaphore chan struct{}

// NewSemaphore returns a free semaphore.
func NewSemaphore() Semaphore { return make(Semaphore, 1) }
