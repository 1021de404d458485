package lastmodstore

import (
	"fmt"
	"hash/maphash"
	"iter"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore/internal/turn"
)

// Sharded spreads its keys over several stores and is itself a [Store], so that
// what concerns different keys seldom meets at one lock or one owner. What spans
// shards it keeps for each of them alone:
//
//   - LastModified is strictly increasing in a shard, and so for a key; two
//     entries of different shards may have the same. ModifiedSince yields all in
//     order of time, and those of one time next to each other.
//   - GetMany sees one instant of each shard, and SetMany is seen whole in each.
//     ErrFull can come after other shards have stored their part; ErrInvalidTTL
//     and ErrInvalidKey come before anything is stored.
//   - Bounds and removal logs are each shard's own. Clear is one instant in each.
//   - Shards sweep one after another: an expired entry, which is absent all the
//     same, is held until the turn of its shard.
//   - Watch yields the events of all shards in order of time. Two events may
//     have the same At: who resumes from it, and wants to miss neither, resumes
//     from a nanosecond before. An entry merged with a time ahead of the clock
//     holds the feed up until then. A watcher that waits has a goroutine for each
//     shard, and looks at all of them for each change: instead of a thousand
//     watchers have one that tells the others.
//   - OnRemove calls fn from several goroutines, one call after the other: in
//     order for each shard, and so for each key.
type Sharded[K comparable, V any] struct {
	seed   maphash.Seed
	done   chan struct{}
	close  sync.Once
	shards []Store[K, V]
}

var _ Store[string, int] = (*Sharded[string, int])(nil)

// NewSharded opens n stores by open, which must be stores of this module's
// engines, and spreads keys over them. It panics if n is less than 1.
func NewSharded[K comparable, V any](n int, open func() Store[K, V]) *Sharded[K, V] {
	if n < 1 {
		panic(fmt.Sprintf("lastmodstore: NewSharded of %d stores: it needs at least 1", n))
	}
	s := &Sharded[K, V]{seed: maphash.MakeSeed(), done: make(chan struct{})}
	sweeps := turn.New()
	for range n {
		shard := open()
		if t, ok := shard.(turn.Taker); ok {
			t.SweepInTurn(sweeps)
		}
		s.shards = append(s.shards, shard)
	}
	return s
}

func (s *Sharded[K, V]) number(key K) int {
	// The high bits of the product, as in Lemire's fast range reduction; and 32
	// of them, for 32-bit platforms.
	h := maphash.Comparable(s.seed, key) >> 32
	return int(h * uint64(len(s.shards)) >> 32)
}

func (s *Sharded[K, V]) of(key K) Store[K, V] { return s.shards[s.number(key)] }

func (s *Sharded[K, V]) Get(key K) (V, bool) { return s.of(key).Get(key) }

func (s *Sharded[K, V]) GetEntry(key K) (Entry[V], bool) { return s.of(key).GetEntry(key) }

func (s *Sharded[K, V]) GetLastModified(key K) (time.Time, bool) {
	return s.of(key).GetLastModified(key)
}

func (s *Sharded[K, V]) GetMany(keys []K) map[K]Entry[V] {
	parts := make([][]K, len(s.shards))
	for _, key := range keys {
		n := s.number(key)
		parts[n] = append(parts[n], key)
	}
	all := make(map[K]Entry[V], len(keys))
	for n, part := range parts {
		if len(part) == 0 {
			continue
		}
		for key, e := range s.shards[n].GetMany(part) {
			all[key] = e
		}
	}
	return all
}

func (s *Sharded[K, V]) Len() int {
	n := 0
	for _, shard := range s.shards {
		n += shard.Len()
	}
	return n
}

// Stats sums the shards' counters. LongestSweepStep is the longest of all.
func (s *Sharded[K, V]) Stats() Stats {
	var all Stats
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
		all.LongestSweepStep = max(all.LongestSweepStep, one.LongestSweepStep)
	}
	return all
}

func (s *Sharded[K, V]) All() iter.Seq2[K, Entry[V]] {
	return func(yield func(K, Entry[V]) bool) {
		for _, shard := range s.shards {
			for key, e := range shard.All() {
				if !yield(key, e) {
					return
				}
			}
		}
	}
}

func (s *Sharded[K, V]) Set(key K, value V, ttl time.Duration) error {
	return s.of(key).Set(key, value, ttl)
}

func (s *Sharded[K, V]) SetMany(values map[K]V, ttl time.Duration) error {
	if len(values) == 0 {
		return s.shards[0].SetMany(values, ttl)
	}
	if ttl < 0 && ttl != KeepTTL {
		return s.invalid(ErrInvalidTTL)
	}
	parts := make([]map[K]V, len(s.shards))
	for key, value := range values {
		if key != key { //nolint:staticcheck // NaN
			return s.invalid(ErrInvalidKey)
		}
		n := s.number(key)
		if parts[n] == nil {
			parts[n] = map[K]V{}
		}
		parts[n][key] = value
	}
	for n, part := range parts {
		if part == nil {
			continue
		}
		if err := s.shards[n].SetMany(part, ttl); err != nil {
			return err
		}
	}
	return nil
}

// invalid is err, or ErrClosed, which comes first.
func (s *Sharded[K, V]) invalid(err error) error {
	if closed := s.shards[0].SetMany(nil, NoExpiry); closed != nil {
		return closed
	}
	return err
}

func (s *Sharded[K, V]) SetIfUnmodifiedSince(key K, value V, ttl time.Duration, t time.Time) (Entry[V], bool, error) {
	return s.of(key).SetIfUnmodifiedSince(key, value, ttl, t)
}

func (s *Sharded[K, V]) Add(key K, delta V, ttl time.Duration) (Entry[V], error) {
	return s.of(key).Add(key, delta, ttl)
}

func (s *Sharded[K, V]) Touch(key K, ttl time.Duration) (bool, error) {
	return s.of(key).Touch(key, ttl)
}

func (s *Sharded[K, V]) Delete(key K) (bool, error) { return s.of(key).Delete(key) }

func (s *Sharded[K, V]) GetAndDelete(key K) (Entry[V], bool, error) {
	return s.of(key).GetAndDelete(key)
}

func (s *Sharded[K, V]) DeleteIfUnmodifiedSince(key K, t time.Time) (bool, error) {
	return s.of(key).DeleteIfUnmodifiedSince(key, t)
}

func (s *Sharded[K, V]) Merge(key K, e Entry[V]) (bool, error) { return s.of(key).Merge(key, e) }

func (s *Sharded[K, V]) Clear() error {
	var err error
	for _, shard := range s.shards {
		if e := shard.Clear(); e != nil {
			err = e
		}
	}
	return err
}

// Done implements [Reader].
func (s *Sharded[K, V]) Done() <-chan struct{} { return s.done }

func (s *Sharded[K, V]) Cleanup() int {
	removed := 0
	for _, shard := range s.shards {
		removed += shard.Cleanup()
	}
	return removed
}

func (s *Sharded[K, V]) Close() error {
	s.close.Do(func() { close(s.done) })
	var err error
	for _, shard := range s.shards {
		if e := shard.Close(); e != nil {
			err = e
		}
	}
	return err
}
