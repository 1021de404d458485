package mutexstore

import (
	"context"
	"iter"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// Watch implements [lastmodstore.Watcher].
func (s *Store[K, V]) Watch(ctx context.Context, since time.Time) iter.Seq[lastmodstore.Event[K, V]] {
	return func(yield func(lastmodstore.Event[K, V]) bool) {
		var known uint64 // the hub's generation that the last step saw
		step := func(f *table.Feed[K, V]) bool { return s.watch(ctx, f, &known) }
		engine.Follow(ctx, s.line, s.done, table.NewFeed[K, V](s.line, since), step, s.peekKey)(yield)
	}
}

// watch takes the next step of f, when something has happened. It returns false
// when there is no more to come.
func (s *Store[K, V]) watch(ctx context.Context, f *table.Feed[K, V], known *uint64) bool {
	canceled := ctx.Done() // the caller's code: not while other watchers depend on this one
	for {
		var pace engine.FeedPacer
		waits := f.CaughtUp()
		if waits {
			var ok bool
			if pace, ok = s.hub.Wait(*known, canceled, s.done); !ok {
				return false
			}
		}
		*known = s.hub.Generation()
		isOpen := s.feed(f)
		if waits {
			s.hub.Pass(pace, f.Len(), s.line.Now)
		}
		if !isOpen || !f.CaughtUp() {
			return isOpen
		}
	}
}

func (s *Store[K, V]) feed(f *table.Feed[K, V]) (isOpen bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	s.table.Watch(f, s.line.Now())
	return !s.closed
}
