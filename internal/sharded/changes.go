package sharded

import (
	"iter"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// promise returns a time such that all modifications from now on get later times, in
// every shard. The caller's own earlier writes have times up to it, even if the clock
// stands still.
//
// A write that is in progress may still get an earlier time, but it has ended when its
// shard performs its next step.
func (s *Store[K, V]) promise() int64 {
	until := s.line.Now()
	for _, shard := range s.shards {
		until = max(until, shard.Last())
	}
	s.line.Promise(until)
	return until
}

// A walk is one shard's part of a loop over ModifiedSince.
type walk[K comparable, V any] struct {
	shard engine.Shard[K, V]
	page  table.Page[K, V]
	next  int   // index of the next pair in page.Pairs
	at    int64 // time of the next pair; timeline.Never if there is none
}

// fill loads pages until there is a next pair or the walk has ended. It returns false
// when the store is closed.
func (w *walk[K, V]) fill(s *Store[K, V]) bool {
	for w.next == len(w.page.Pairs) && !w.page.Done {
		if w.next = 0; s.closing.Load() || !w.shard.Changes(&w.page) {
			return false
		}
	}
	w.at = timeline.Never
	if w.next < len(w.page.Pairs) {
		w.at = w.page.Pairs[w.next].Entry.LastModified.UnixNano()
	}
	return true
}

// ModifiedSince implements [lastmodstore.Reader]. It merges the shards' changes by time.
// All walks end at the same time, so polling misses nothing: changes that are left to
// the next call have later times.
func (s *Store[K, V]) ModifiedSince(t time.Time) iter.Seq2[K, lastmodstore.Entry[V]] {
	return func(yield func(K, lastmodstore.Entry[V]) bool) {
		defer s.awaitClose()
		walks, open := s.walks(t)
		for open {
			w := earliestWalk(walks)
			if w.at == timeline.Never || s.closing.Load() {
				return
			}
			pair, ok := engine.Recheck(s.line, &w.page, w.next, s.peek)
			if ok && !yield(pair.Key, pair.Entry) {
				return
			}
			w.next++
			open = w.fill(s)
		}
	}
}

// walks returns the walks of all shards with their first pages loaded, or false if the
// store is closed.
func (s *Store[K, V]) walks(t time.Time) (walks []walk[K, V], open bool) {
	until := s.promise()
	walks = make([]walk[K, V], len(s.shards))
	for i, shard := range s.shards {
		w := &walks[i]
		w.shard, w.page = shard, table.Since[K, V](s.line, t)
		w.page.Limit(until)
		if !w.fill(s) {
			return nil, false
		}
	}
	return walks, true
}

// earliestWalk returns the walk with the oldest next pair.
func earliestWalk[K comparable, V any](walks []walk[K, V]) *walk[K, V] {
	first := 0
	for i := range walks {
		if walks[i].at < walks[first].at {
			first = i
		}
	}
	return &walks[first]
}
