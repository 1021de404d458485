package lastmodstore

import (
	"fmt"

	"github.com/lastmodstore/lastmodstore/internal/seam"
)

// Sharded distributes its keys over several stores, its shards, and is itself a
// [Store]: operations on different keys seldom contend for the same lock or owner.
// Open one with [NewSharded]. It implements Store, with these differences:
//
//   - LastModified is unique in the whole store, but strictly increasing only
//     within each shard, and so for each key.
//   - GetMany observes a single instant of each shard, and SetMany becomes visible
//     as a whole in each shard. If SetMany returns ErrFull, other shards may have
//     stored their part; ErrInvalidTTL and ErrInvalidKey are returned before
//     anything is stored. Clear takes effect at a single instant in each shard.
//   - Each shard has its own capacity and its own removal log. With MaxWeight, an
//     entry heavier than the capacity of one shard is refused. If one log is
//     exceeded, the whole feed yields a Resync.
//   - Shards are swept one after another: an expired entry is absent at once, but
//     occupies memory until the sweep of its shard.
//   - An entry merged with a time after the opening of the store is reported to
//     watchers as one that arrived out of order.
//   - OnRemove calls fn from several goroutines, one call at a time, in order
//     within each shard, and so for each key.
//
// GetMany and SetMany send their requests to all shards before they wait for any,
// so that shards of package actor work in parallel. ModifiedSince and Watch visit
// every shard; a watcher that waits costs nothing. With more than a hundred shards,
// a shard that receives all writes for a long time may stamp them up to 100 µs
// ahead of the clock.
type Sharded[K comparable, V any] struct {
	store Store[K, V]
	*hidden
}

// hidden is an alias that makes the embedded field unexported.
type hidden = seam.Engine

var _ Store[string, int] = (*Sharded[string, int])(nil)

// NewSharded calls open n times and returns a Sharded of the stores that open
// returned. It panics if n is less than 1, or if a call of open does not return a
// new, unused store of package actor or mutexstore.
func NewSharded[K comparable, V any](n int, open func() Store[K, V]) *Sharded[K, V] {
	if n >= 1 && open == nil {
		panic("lastmodstore: NewSharded: open is nil: pass a function that returns a new store of package actor or mutexstore")
	}
	if n < 1 {
		panic(fmt.Sprintf("lastmodstore: NewSharded: n is %d: it must be at least 1", n))
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
		if seam.IsStandalone[K](s) {
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
		seam.MarkShard[K](s)
	}
	s := &Sharded[K, V]{store: all}
	s.hidden = seam.New[K](s, nil, nil)
	return s
}
