package sharded

import (
	"slices"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// GetMany implements [lastmodstore.Reader]. It sends requests to all shards before it
// waits for any, so that they work in parallel, and collects the results of one while
// others work. An unhashable key panics before the first request.
func (s *Store[K, V]) GetMany(keys []K) map[K]lastmodstore.Entry[V] {
	b := s.newBatch()
	for _, key := range keys {
		b.add(table.Hash(s.seed, key))
	}
	b.sort()
	b.keys, b.lookups = resize(b.keys, len(keys)), resize(b.lookups, len(keys))
	for i, key := range keys {
		at := b.position(i)
		b.keys[at], b.lookups[at] = key, table.NewLookup[V](b.hashes[i])
	}
	b.start(func(shard engine.Shard[K, V], from, to int) engine.Pending {
		return shard.StartGetMany(b.keys[from:to], b.lookups[from:to])
	})
	all := make(map[K]lastmodstore.Entry[V], len(keys))
	for i := range slices.Backward(s.shards) { // for the order, see wait
		from, to := b.starts[i], b.starts[i+1]
		b.wait(i) // a closed shard has found nothing
		table.AddFound(all, s.line, b.keys[from:to], b.lookups[from:to])
	}
	b.release()
	if len(all) < len(keys) && s.awaitClose() {
		clear(all)
	}
	return all
}

// SetMany implements [lastmodstore.Writer]. It checks and weighs the whole batch before it
// sends a request to any shard, and then sends all requests before it waits for any.
func (s *Store[K, V]) SetMany(values map[K]V, ttl time.Duration) error {
	if len(values) == 0 || ttl < 0 && ttl != lastmodstore.KeepTTL {
		return s.checkClosed(s.refuseBatch(nil, ttl))
	}
	b := s.newBatch()
	for key, value := range values {
		if key != key { //nolint:staticcheck // NaN
			b.release()
			return s.checkClosed(s.refuseBatch([]table.Assignment[K, V]{{Key: key}}, ttl))
		}
		h := table.Hash(s.seed, key)
		b.add(h)
		b.unsorted = append(b.unsorted, table.NewAssignment(h, key, value))
	}
	b.sort()
	b.assignments = resize(b.assignments, len(values))
	for i, a := range b.unsorted {
		b.assignments[b.position(i)] = a
	}
	for i, shard := range s.shards {
		shard.Weigh(b.assignments[b.starts[i]:b.starts[i+1]])
	}
	b.start(func(shard engine.Shard[K, V], from, to int) engine.Pending {
		return shard.StartSetMany(b.assignments[from:to], ttl)
	})
	var err error
	for i := range slices.Backward(s.shards) {
		if e := b.wait(i); e != nil {
			err = e
		}
	}
	b.release()
	return s.checkClosed(err)
}

// refuseBatch sends an empty or invalid batch to the first shard, and returns the error with
// which that refuses it, for example because it is closed.
func (s *Store[K, V]) refuseBatch(all []table.Assignment[K, V], ttl time.Duration) error {
	if p := s.shards[0].StartSetMany(all, ttl); p != nil {
		return p.Wait()
	}
	return nil
}

// A batch is a GetMany or SetMany in progress. Its items are sorted by shard, so that
// each shard's part is one slice. Batches are pooled, with the capacity of their
// slices.
type batch[K comparable, V any] struct {
	store   *Store[K, V]
	hashes  []uint64 // of the items, in the caller's order
	starts  []int    // where each shard's part begins, and where the last one ends
	pending []engine.Pending

	keys        []K                      // GetMany
	lookups     []table.Lookup[V]        // of keys
	unsorted    []table.Assignment[K, V] // SetMany
	assignments []table.Assignment[K, V]
}

func (s *Store[K, V]) newBatch() *batch[K, V] {
	if b, ok := s.batches.Get().(*batch[K, V]); ok {
		return b
	}
	n := len(s.shards)
	return &batch[K, V]{store: s, starts: make([]int, n+1), pending: make([]engine.Pending, n)}
}

// release returns b to the pool, without anything of the caller's. All shards must have
// finished with b.
func (b *batch[K, V]) release() {
	clear(b.starts)
	clear(b.keys)
	clear(b.lookups)
	clear(b.unsorted)
	clear(b.assignments)
	b.hashes, b.unsorted = b.hashes[:0], b.unsorted[:0]
	b.store.batches.Put(b)
}

func resize[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

// add adds an item with hash h.
func (b *batch[K, V]) add(h uint64) {
	b.hashes = append(b.hashes, h)
	b.starts[b.store.index(h)]++
}

// sort turns the counts in starts into the ends of the shards' parts. Each call of
// position then counts one of them down, until it is the start.
func (b *batch[K, V]) sort() {
	end := 0
	for i, n := range b.starts {
		end += n
		b.starts[i] = end
	}
}

// position returns the position of item i in the sorted batch. It must be called once per
// item.
func (b *batch[K, V]) position(i int) int {
	start := &b.starts[b.store.index(b.hashes[i])]
	*start--
	return *start
}

// start calls begin for each shard that has a part.
func (b *batch[K, V]) start(begin func(shard engine.Shard[K, V], from, to int) engine.Pending) {
	for i, shard := range b.store.shards {
		if from, to := b.starts[i], b.starts[i+1]; from < to {
			b.pending[i] = begin(shard, from, to)
		}
	}
}

// wait waits until shard i has finished its part, if it has one. Callers wait for the
// last shard first: when that has finished, most others have as well, and the caller
// is not woken for each of them.
func (b *batch[K, V]) wait(i int) error {
	p := b.pending[i]
	if p == nil {
		return nil
	}
	b.pending[i] = nil
	return p.Wait()
}
