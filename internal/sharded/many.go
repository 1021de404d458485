package sharded

import (
	"slices"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// GetMany asks all shards before it waits for any, so that they work at the same
// time, and enters what one has found while others work. An unhashable key panics
// before that.
func (s *Store[K, V]) GetMany(keys []K) map[K]lastmodstore.Entry[V] {
	b := s.newBatch()
	for _, key := range keys {
		b.add(table.Hash(s.seed, key))
	}
	b.sort()
	b.keys, b.lookups = resize(b.keys, len(keys)), resize(b.lookups, len(keys))
	for i, key := range keys {
		at := b.place(i)
		b.keys[at], b.lookups[at] = key, table.NewLookup[V](b.hashes[i])
	}
	b.start(func(shard engine.Shard[K, V], from, to int) engine.Pending {
		return shard.StartGetMany(b.keys[from:to], b.lookups[from:to])
	})
	all := make(map[K]lastmodstore.Entry[V], len(keys))
	for i := range slices.Backward(s.shards) { // see wait
		from, to := b.starts[i], b.starts[i+1]
		b.wait(i) // a closed shard has found nothing
		table.AddFound(all, s.line, b.keys[from:to], b.lookups[from:to])
	}
	b.release()
	if len(all) < len(keys) && s.missed() {
		clear(all)
	}
	return all
}

// SetMany checks everything before it asks any shard, and then asks all before it
// waits for one.
func (s *Store[K, V]) SetMany(values map[K]V, ttl time.Duration) error {
	if len(values) == 0 || ttl < 0 && ttl != lastmodstore.KeepTTL {
		return s.refused(s.setFirst(nil, ttl))
	}
	b := s.newBatch()
	for key, value := range values {
		if key != key { //nolint:staticcheck // NaN
			b.release()
			return s.refused(s.setFirst([]table.Assignment[K, V]{{Key: key}}, ttl))
		}
		h := table.Hash(s.seed, key)
		b.add(h)
		b.unsorted = append(b.unsorted, table.NewAssignment(h, key, value))
	}
	b.sort()
	b.assignments = resize(b.assignments, len(values))
	for i, a := range b.unsorted {
		b.assignments[b.place(i)] = a
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
	return s.refused(err)
}

// setFirst has the first shard say what is wrong with a batch, or that it is closed.
func (s *Store[K, V]) setFirst(all []table.Assignment[K, V], ttl time.Duration) error {
	if p := s.shards[0].StartSetMany(all, ttl); p != nil {
		return p.Wait()
	}
	return nil
}

// A batch is a GetMany or SetMany under way. Its items are sorted by shard, so that
// each shard's part is one slice. It is pooled, with the room of its slices.
type batch[K comparable, V any] struct {
	store   *Store[K, V]
	hashes  []uint64 // of the items as they came
	starts  []int    // where each shard's part begins, and where the last ends
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

// release gives b back to the pool. It keeps nothing of the caller's. All shards
// are done with it.
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

// add counts an item with the hash h.
func (b *batch[K, V]) add(h uint64) {
	b.hashes = append(b.hashes, h)
	b.starts[b.store.index(h)]++
}

// sort makes room for each shard's part: place counts down from its end to its start.
func (b *batch[K, V]) sort() {
	end := 0
	for i, n := range b.starts {
		end += n
		b.starts[i] = end
	}
}

// place returns the place of item i, which it gives away once.
func (b *batch[K, V]) place(i int) int {
	start := &b.starts[b.store.index(b.hashes[i])]
	*start--
	return *start
}

// start begins the part of each shard that has one.
func (b *batch[K, V]) start(begin func(shard engine.Shard[K, V], from, to int) engine.Pending) {
	for i, shard := range b.store.shards {
		if from, to := b.starts[i], b.starts[i+1]; from < to {
			b.pending[i] = begin(shard, from, to)
		}
	}
}

// wait waits until the part of shard i is done, if it has one. Callers begin with
// the last: when that is done most of the others are, and the caller is not woken
// for each.
func (b *batch[K, V]) wait(i int) error {
	p := b.pending[i]
	if p == nil {
		return nil
	}
	b.pending[i] = nil
	return p.Wait()
}
