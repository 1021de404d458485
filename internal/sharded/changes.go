package sharded

import (
	"iter"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
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
	next  int // of page.Pairs
}

// fill takes steps until there is a next pair or no more to come. It returns
// false when the store is closed.
func (w *walk[K, V]) fill() bool {
	for w.next == len(w.page.Pairs) && !w.page.Done {
		if w.next = 0; !w.shard.Changes(&w.page) {
			return false
		}
	}
	return true
}

// ModifiedSince merges the shards' changes by time. All end at one time, so that
// none is lost to a caller that polls: what is listed later has a later time.
func (s *Store[K, V]) ModifiedSince(t time.Time) iter.Seq2[K, lastmodstore.Entry[V]] {
	return func(yield func(K, lastmodstore.Entry[V]) bool) {
		until := s.promise()
		walks := make([]walk[K, V], len(s.shards))
		for i, shard := range s.shards {
			walks[i] = walk[K, V]{shard: shard, page: table.Since[K, V](s.line, t)}
			walks[i].page.Limit(until)
		}
		for {
			w, open := earliestWalk(walks)
			if w == nil || !open || s.refuse(nil) != nil {
				return
			}
			w.next++
			pair, ok := engine.Recheck(s.line, &w.page, w.next-1, w.shard.Peek)
			if ok && !yield(pair.Key, pair.Entry) {
				return
			}
		}
	}
}

// earliestWalk returns the walk whose next pair is the oldest, or nil if all
// have ended. It returns false when the store is closed.
func earliestWalk[K comparable, V any](walks []walk[K, V]) (first *walk[K, V], open bool) {
	for i := range walks {
		w := &walks[i]
		if !w.fill() {
			return nil, false
		}
		if w.next < len(w.page.Pairs) && (first == nil || w.at().Before(first.at())) {
			first = w
		}
	}
	return first, true
}

func (w *walk[K, V]) at() time.Time { return w.page.Pairs[w.next].Entry.LastModified }
