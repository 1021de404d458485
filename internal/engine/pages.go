// Package engine contains the code that the engines, packages actor and mutexstore,
// have in common.
package engine

import (
	"iter"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// Pages yields the pairs that step loads, page by page. The function step returns false
// when the store is closed; done is then closed.
//
// If the copied deadline of a pair has passed when the pair is to be yielded, peek
// looks the key up again, because the deadline may have been moved meanwhile.
func Pages[K comparable, V any](line *timeline.Timeline, done <-chan struct{}, p table.Page[K, V], step func(*table.Page[K, V]) bool, peek func(K) (lastmodstore.Entry[V], bool)) iter.Seq2[K, lastmodstore.Entry[V]] {
	return func(yield func(K, lastmodstore.Entry[V]) bool) {
		p := p // each loop starts from the beginning
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

// Recheck removes pair i from p, returns it, and reports whether to yield it.
func Recheck[K comparable, V any](line *timeline.Timeline, p *table.Page[K, V], i int, peek func(K) (lastmodstore.Entry[V], bool)) (table.Pair[K, V], bool) {
	pair := p.Pairs[i]
	p.Pairs[i] = table.Pair[K, V]{} // do not retain it: it may be removed while the loop body runs
	fresh, ok := current(line, pair.Key, pair.Entry, peek)
	pair.Entry = fresh
	return pair, ok && p.Passed(fresh.LastModified.UnixNano())
}

// current returns e, or the present entry for key if the deadline of e has passed.
func current[K comparable, V any](line *timeline.Timeline, key K, e lastmodstore.Entry[V], peek func(K) (lastmodstore.Entry[V], bool)) (lastmodstore.Entry[V], bool) {
	if e.ExpiresAt.IsZero() || line.Now() < e.ExpiresAt.UnixNano() {
		return e, true
	}
	return peek(key)
}

// isClosed reports whether c is closed. Two calls cost far less than a select on two
// channels.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
