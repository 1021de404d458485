package lastmodstore

import (
	"context"
	"iter"
	"time"
)

// WatchKeys is s.Watch for the keys that match selects: it yields their events, and every
// Resync and CaughtUp. It calls match on the caller's goroutine and under no lock.
//
// The store knows nothing of the filter. So the loop is woken by every change, and each
// change costs it the copy of an entry and a call of match, whatever the key: with many
// loops that each want few keys, let one call Watch and distribute the events.
//
// A loop in progress does not lag because match selects nothing: its position
// advances with every change. The caller sees that position only with the next event that
// is yielded. A loop that resumes from the last event received therefore reads the changes
// of other keys since then again, and begins with Resync if more of them were removals
// than the store remembers. A program that saves positions of a key that seldom changes
// should call Watch, keep the At of every event, and filter in the body of the loop.
func WatchKeys[K comparable, V any](ctx context.Context, s Watcher[K, V], since time.Time, match func(key K) bool) iter.Seq[Event[K, V]] {
	return func(yield func(Event[K, V]) bool) {
		for e := range s.Watch(ctx, since) {
			isMark := e.Kind == Resync || e.Kind == CaughtUp
			if (isMark || match(e.Key)) && !yield(e) {
				return
			}
		}
	}
}
