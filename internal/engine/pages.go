// Package engine holds what the engines' shells share.
package engine

import (
	"iter"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// Pages yields the pairs that step brings, page by page. Step returns false
// when the store is closed; done is closed then.
//
// A pair that has expired before its turn, by the deadline that was copied, is
// looked up again by peek: the deadline may have been moved meanwhile.
func Pages[K comparable, V any](line *timeline.Timeline, done <-chan struct{}, p table.Page[K, V], step func(*table.Page[K, V]) bool, peek func(K) (lastmodstore.Entry[V], bool)) iter.Seq2[K, lastmodstore.Entry[V]] {
	return func(yield func(K, lastmodstore.Entry[V]) bool) {
		p := p // each loop begins again
		for !p.Done && step(&p) {
			for i := range p.Pairs {
				if isClosed(done) {
					return
				}
				pair, ok := Recheck(line, &p, i, peek)
				if ok && !yield(pair.Key, pair.Entry) {
					return
				}
			}
		}
	}
}

// Recheck takes pair i out of p and reports whether it is to be yielded now.
func Recheck[K comparable, V any](line *timeline.Timeline, p *table.Page[K, V], i int, peek func(K) (lastmodstore.Entry[V], bool)) (table.Pair[K, V], bool) {
	pair := p.Pairs[i]
	p.Pairs[i] = table.Pair[K, V]{} // it may be removed while the loop's body runs
	fresh, ok := current(line, pair.Key, pair.Entry, peek)
	pair.Entry = fresh
	return pair, ok && p.Passed(fresh.LastModified.UnixNano())
}

// current returns e, or the entry of its key if the deadline of e has passed.
func current[K comparable, V any](line *timeline.Timeline, key K, e lastmodstore.Entry[V], peek func(K) (lastmodstore.Entry[V], bool)) (lastmodstore.Entry[V], bool) {
	if e.ExpiresAt.IsZero() || line.Now() < e.ExpiresAt.UnixNano() {
		return e, true
	}
	return peek(key)
}

// isClosed costs far less than a select of two channels.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
