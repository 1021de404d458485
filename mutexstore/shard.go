package mutexstore

import (
	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// A shard is the side of a Store that only Sharded sees.
type shard[K comparable, V any] struct{ *Store[K, V] }

var _ engine.Shard[string, any] = shard[string, any]{}

func (s shard[K, V]) Join(j engine.Joint) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.listeners) > 0 || !s.table.Join(j.Line, j.Shard, j.Shards) {
		return false
	}
	s.line, s.hub, s.sweeps = j.Line, j.Hub, j.Sweeps
	return true
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

func (s shard[K, V]) Peek(key K) (lastmodstore.Entry[V], bool) { return s.peek(key) }

func (s shard[K, V]) BeginClose() { s.beginClose() }
