package engine

import (
	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A Shard is what Sharded needs of an engine.
type Shard[K comparable, V any] interface {
	lastmodstore.Store[K, V]

	// Join makes an unused store one shard of several. It reports false, and
	// changes nothing, if the store was used or closed before, or has joined.
	Join(Joint) bool

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
	Peek(key K) (lastmodstore.Entry[V], bool)

	// BeginClose returns when the store refuses whatever comes. It does not wait
	// for listeners, as Close does.
	BeginClose()
}

// A Joint is what the shards of a Sharded have in common, and which one of them
// a store becomes.
type Joint struct {
	Line          *timeline.Timeline
	Hub           *Hub
	Sweeps        Semaphore // to hold during a sweep
	Shard, Shards int
}

// A Semaphore admits one at a time: a send takes it, a receive gives it back.
type Semaphore chan struct{}

// NewSemaphore returns a semaphore that is free.
func NewSemaphore() Semaphore { return make(Semaphore, 1) }
