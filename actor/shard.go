// This file runs on the callers' goroutines.

package actor

import (
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// A shard is a Store as Sharded sees it.
type shard[K comparable, V any] struct{ *Store[K, V] }

var _ engine.Shard[string, any] = shard[string, any]{}

func (s shard[K, V]) Join(j engine.Joint) bool {
	r := s.newRequest(opJoin)
	defer s.release(r)
	r.joint = &j
	s.call(r)
	if r.ok {
		s.seed, s.line = j.Seed, j.Line
	}
	return r.ok
}

func (s shard[K, V]) Get(h uint64, key K) (V, bool) {
	return s.get(h, key)
}

func (s shard[K, V]) GetEntry(h uint64, key K) (lastmodstore.Entry[V], bool) {
	return s.getEntry(h, key)
}

func (s shard[K, V]) GetLastModified(h uint64, key K) (time.Time, bool) {
	return s.getLastModified(h, key)
}

func (s shard[K, V]) Set(h uint64, key K, value V, ttl time.Duration) error {
	return s.set(h, key, value, ttl)
}

func (s shard[K, V]) SetIfUnmodifiedSince(h uint64, key K, value V, ttl time.Duration, t time.Time) (lastmodstore.Entry[V], bool, error) {
	return s.setIf(h, key, value, ttl, t)
}

func (s shard[K, V]) Add(h uint64, key K, delta V, ttl time.Duration) (lastmodstore.Entry[V], error) {
	return s.add(h, key, delta, ttl)
}

func (s shard[K, V]) Touch(h uint64, key K, ttl time.Duration) (bool, error) {
	return s.touch(h, key, ttl)
}

func (s shard[K, V]) Delete(h uint64, key K) (bool, error) {
	return s.delete(h, key)
}

func (s shard[K, V]) GetAndDelete(h uint64, key K) (lastmodstore.Entry[V], bool, error) {
	return s.getAndDelete(h, key)
}

func (s shard[K, V]) DeleteIfUnmodifiedSince(h uint64, key K, t time.Time) (bool, error) {
	return s.deleteIf(h, key, t)
}

func (s shard[K, V]) Merge(h uint64, key K, e lastmodstore.Entry[V]) (bool, error) {
	return s.merge(h, key, e)
}

func (s shard[K, V]) StartGetMany(keys []K, lookups []table.Lookup[V]) engine.Pending {
	r := s.newRequest(opGetMany)
	r.keys, r.lookups = keys, lookups
	return s.start(r)
}

func (s shard[K, V]) Weigh(all []table.Assignment[K, V]) { s.weigher.OfAll(all) }

func (s shard[K, V]) StartSetMany(all []table.Assignment[K, V], ttl time.Duration) engine.Pending {
	r := s.newRequest(opSetMany)
	r.assignments, r.ttl = all, ttl
	return s.start(r)
}

// start sends r. The caller waits for the reply later.
func (s shard[K, V]) start(r *request[K, V]) engine.Pending {
	r.store = s.Store
	s.send(r)
	return r
}

// Wait implements [engine.Pending]. From the reply on, the caller owns r again.
func (r *request[K, V]) Wait() error {
	<-r.reply
	err := r.err
	r.lookups = nil // they belong to the batch
	r.store.release(r)
	return err
}

func (s shard[K, V]) Last() int64 {
	r := s.newRequest(opLast)
	defer s.release(r)
	s.call(r)
	return r.last
}

func (s shard[K, V]) Changes(p *table.Page[K, V]) bool { return s.step(opChanges)(p) }

func (s shard[K, V]) Feed(f *table.Feed[K, V]) bool {
	r := s.newRequest(opFeed)
	defer s.release(r)
	r.feed = f
	return s.call(r)
}

func (s shard[K, V]) Peek(h uint64, key K) (lastmodstore.Entry[V], bool) { return s.peek(h, key) }

func (s shard[K, V]) BeginClose() {
	s.beginClose()
	<-s.done // by then the owner has served all earlier requests
}
