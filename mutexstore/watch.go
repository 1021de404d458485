package mutexstore

import (
	"context"
	"iter"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// Watch implements [lastmodstore.Watcher]: it yields the changes after since and
// waits for more. It holds the read lock for one step of the feed at a time.
func (s *Store[K, V]) Watch(ctx context.Context, since time.Time) iter.Seq[lastmodstore.Event[K, V]] {
	return func(yield func(lastmodstore.Event[K, V]) bool) {
		var known uint64 // the hub's generation before the last step
		step := func(f *table.Feed[K, V]) bool { return s.watch(ctx, f, &known) }
		engine.Follow(ctx, s.line, s.done, table.NewFeed[K, V](s.line, since), step, s.peekKey)(yield)
	}
}

// watch takes the next step of f, after it has waited for a change if f has caught
// up. It returns false if the feed has ended.
func (s *Store[K, V]) watch(ctx context.Context, f *table.Feed[K, V], known *uint64) bool {
	canceled := ctx.Done() // runs the caller's code, so not while other watchers depend on this one
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
