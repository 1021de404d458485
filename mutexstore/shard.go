package mutexstore

import (
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// A shard is a Store as Sharded sees it. For package replicated, see replica.go.
type shard[K comparable, V any] struct{ *Store[K, V] }

var _ engine.Replica[string, any] = shard[string, any]{}

func (s shard[K, V]) Join(j engine.Joint) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.listeners) > 0 || !s.table.Join(j.Line, j.Readers, j.Shard, j.Shards) {
		return false
	}
	s.seed, s.line, s.readers, s.hub, s.sweepSem = j.Seed, j.Line, j.Readers, j.Hub, j.Sweeps
	return true
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
	s.getMany(keys, lookups)
	return nil
}

func (s shard[K, V]) Weigh(all []table.Assignment[K, V]) { s.weigher.OfAll(all) }

func (s shard[K, V]) StartSetMany(all []table.Assignment[K, V], ttl time.Duration) engine.Pending {
	if err := s.setMany(all, ttl); err != nil {
		return engine.Refused{Err: err}
	}
	return nil
}

func (s shard[K, V]) Last() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.table.Last()
}

func (s shard[K, V]) Changes(p *table.Page[K, V]) bool {
	return s.step((*table.Table[K, V]).Changes)(p)
}

func (s shard[K, V]) Feed(f *table.Feed[K, V]) bool { return s.feed(f) }

func (s shard[K, V]) Peek(h uint64, key K) (lastmodstore.Entry[V], bool) { return s.peek(h, key) }

func (s shard[K, V]) BeginClose() { s.beginClose() }
