package engine

import (
	"context"
	"iter"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// Follow yields the events that step brings. Step waits until there are some
// and returns false when the store is closed or ctx ends.
func Follow[K comparable, V any](ctx context.Context, line *timeline.Timeline, done <-chan struct{}, f table.Feed[K, V], step func(*table.Feed[K, V]) bool, peek func(K) (lastmodstore.Entry[V], bool)) iter.Seq[lastmodstore.Event[K, V]] {
	return func(yield func(lastmodstore.Event[K, V]) bool) {
		f := f // each loop begins again
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

// NextEvent takes the next event out of f and reports whether it is to be yielded
// now: not an entry that has expired since it was copied. If its deadline was
// moved meanwhile, peek finds it.
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
