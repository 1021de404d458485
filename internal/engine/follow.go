package engine

import (
	"context"
	"iter"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// Follow yields the events that step loads into f. The function step waits until there
// are some, and returns false when the store is closed or ctx is done. For peek, see
// [NextEvent].
func Follow[K comparable, V any](ctx context.Context, line *timeline.Timeline, done <-chan struct{}, f table.Feed[K, V], step func(*table.Feed[K, V]) bool, peek func(K) (lastmodstore.Entry[V], bool)) iter.Seq[lastmodstore.Event[K, V]] {
	return func(yield func(lastmodstore.Event[K, V]) bool) {
		f := f // each loop starts from the beginning
		canceled := ctx.Done()
		for !isClosed(canceled) && step(&f) {
			for f.HasNext() {
				if isClosed(done) || isClosed(canceled) {
					return
				}
				event, ok := NextEvent(line, &f, peek)
				if ok && !yield(event) {
					return
				}
			}
		}
	}
}

// NextEvent removes the next event from f, returns it, and reports whether to yield it.
// An entry that has expired since it was copied is not yielded, unless its deadline
// was moved meanwhile: peek returns the present entry.
func NextEvent[K comparable, V any](line *timeline.Timeline, f *table.Feed[K, V], peek func(K) (lastmodstore.Entry[V], bool)) (lastmodstore.Event[K, V], bool) {
	deadline := f.NextDeadline()
	event := f.Next(line)
	if deadline == timeline.Never || line.Now() < deadline {
		return event, true
	}
	fresh, ok := current(line, event.Key, event.Entry, peek)
	ok = ok && fresh.LastModified.Equal(event.Entry.LastModified)
	event.Entry = fresh
	return event, ok
}
