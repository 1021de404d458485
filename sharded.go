package lastmodstore

import (
	"fmt"

	"github.com/lastmodstore/lastmodstore/internal/seam"
)

// Sharded spreads its keys over several stores and is itself a [Store], so that
// operations on different keys seldom meet at one lock or one owner. It
// implements the whole contract, with these exceptions:
//
//   - LastModified is unique in the store, but strictly increasing only in each
//     shard, and so for each key.
//   - GetMany observes a single instant of each shard, and SetMany becomes
//     visible as a whole in each. ErrFull may be returned after other shards have
//     stored their part; ErrInvalidTTL and ErrInvalidKey come before anything is
//     stored. Clear is a single instant in each shard.
//   - Capacities and removal logs belong to each shard. One that had to forget
//     makes the whole feed begin with Resync.
//   - Shards sweep one after another: an expired entry, which is absent
//     nevertheless, is held until the sweep of its shard.
//   - An entry that is merged with a time since the opening of the store is
//     reported to watchers as one that arrives out of order.
//   - OnRemove calls fn from several goroutines, one call after another: in order
//     for each shard, and so for each key.
//
// Its methods are those of [Store]. GetMany and SetMany ask all shards before they
// wait for any, so that shards of package actor work at the same time. ModifiedSince
// and Watch visit every shard; a watcher that waits costs nothing. Of more than a hundred shards, one that gets
// all the writes for long may be up to 100 µs ahead of the clock with its times.
type Sharded[K comparable, V any] struct {
	store[K, V]
	*hidden[K]
}

// The names of embedded fields, unexported.
type (
	store[K comparable, V any] = Store[K, V]
	hidden[K comparable]       = seam.Engine[K]
)

var _ Store[string, int] = (*Sharded[string, int])(nil)

// NewSharded calls open n times and spreads keys over the stores that it opens.
// It panics if n is less than 1, or if open does not return a new, unused store
// of package actor or mutexstore each time.
func NewSharded[K comparable, V any](n int, open func() Store[K, V]) *Sharded[K, V] {
	if n >= 1 && open == nil {
		panic("lastmodstore: NewSharded: open is nil: it must return a new store of package actor or mutexstore")
	}
	if n < 1 {
		panic(fmt.Sprintf("lastmodstore: NewSharded of %d stores: it needs at least 1", n))
	}
	var opened []Store[K, V]
	joined := false
	defer func() {
		if !joined { // panics
			for _, s := range opened {
				s.Close()
			}
		}
	}()
	var shards []any
	var join func(shards []any) any
	for range n {
		s := open()
		if seam.IsFree[K](s) {
			opened = append(opened, s)
		}
		shard, joinThem, ok := seam.Shard[K](s)
		if !ok {
			panic(fmt.Sprintf("lastmodstore: NewSharded: open returned a %T, which cannot be a shard: return an actor.Store or a mutexstore.Store", s))
		}
		shards, join = append(shards, shard), joinThem
	}
	all, ok := join(shards).(Store[K, V])
	if !ok {
		panic("lastmodstore: NewSharded: open returned a store that was used before: open a new one for each shard")
	}
	joined = true
	for _, s := range opened {
		seam.Take[K](s)
	}
	s := &Sharded[K, V]{store: all}
	s.hidden = seam.New[K](s, nil, nil)
	return s
}
