package sharded

import (
	"iter"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// promise returns a time that no modification has been given yet, and none will
// be given from now on: each shard gives later ones. The caller's own earlier
// writes lie before it, also when the clock stands still.
//
// A write that is in progress may still get an earlier time. It has ended when
// its shard takes its next step.
func (s *Store[K, V]) promise() int64 {
	until := s.line.Now()
	for _, shard := range s.shards {
		until = max(until, shard.Last())
	}
	s.line.Promise(until)
	return until
}

// A walk is one shard's part of a ModifiedSince.
type walk[K comparable, V any] struct {
	shard engine.Shard[K, V]
	page  table.Page[K, V]
	next  int   // of page.Pairs
	at    int64 // the time of the next pair; timeline.Never: there is none
}

// fill takes steps until there is a next pair or no more to come. It returns
// false when the store is closed.
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

// ModifiedSince merges the shards' changes by time. All end at one time, so that
// none is lost to a caller that polls: what is listed later has a later time.
func (s *Store[K, V]) ModifiedSince(t time.Time) iter.Seq2[K, lastmodstore.Entry[V]] {
	return func(yield func(K, lastmodstore.Entry[V]) bool) {
		defer s.missed()
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

// walks returns the walks of all shards after their first steps, or false if the
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

// earliestWalk returns the walk whose next pair is the oldest.
func earliestWalk[K comparable, V any](walks []walk[K, V]) *walk[K, V] {
	first := 0
	for i := range walks {
		if walks[i].at < walks[first].at {
			first = i
		}
	}
	return &walks[first]
}
