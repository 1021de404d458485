// This file runs on the callers' goroutines.

package actor

import (
	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// A shard is the side of a Store that only Sharded sees.
type shard[K comparable, V any] struct{ *Store[K, V] }

var _ engine.Shard[string, any] = shard[string, any]{}

func (s shard[K, V]) Join(j engine.Joint) bool {
	r := s.newRequest(opJoin)
	defer s.release(r)
	r.joint = &j
	s.call(r)
	if r.ok {
		s.line = j.Line
	}
	return r.ok
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

func (s shard[K, V]) Peek(key K) (lastmodstore.Entry[V], bool) { return s.peek(key) }

func (s shard[K, V]) BeginClose() {
	s.beginClose()
	<-s.done // the owner has served what came before
}
