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
func Follow[K comparable, V any](ctx context.Context, line *timeline.Timeline, done <-chan struct{}, f table.Feed[K, V], step func(*table.Feed[K, V]) bool) iter.Seq[lastmodstore.Event[K, V]] {
	return func(yield func(lastmodstore.Event[K, V]) bool) {
		f := f // each loop begins again
		canceled := ctx.Done()
		for !isClosed(canceled) && step(&f) {
			for f.HasNext() {
				if isClosed(done) || isClosed(canceled) || !yield(f.Next(line)) {
					return
				}
			}
		}
	}
}
