package sharded

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// A watch merges the shards' feeds by time, in rounds. A round begins with a promise: all
// later modifications get times after the end of the round. So when each shard has
// performed a step, all changes up to that end are known.
type watch[K comparable, V any] struct {
	*Store[K, V]
	feeds    []shardFeed[K, V]
	rounds   int
	caughtUp int               // number of shards whose CaughtUp was received since the last Resync
	pace     *engine.FeedPacer // to pass on when all shards have been visited; may be nil
	last     int64             // time of the last event
	canceled <-chan struct{}
	yield    func(lastmodstore.Event[K, V]) bool
}

type shardFeed[K comparable, V any] struct {
	table.Feed[K, V]
	shard engine.Shard[K, V]
	round int // of the last step
}

// Watch implements [lastmodstore.Watcher].
func (s *Store[K, V]) Watch(ctx context.Context, since time.Time) iter.Seq[lastmodstore.Event[K, V]] {
	return func(yield func(lastmodstore.Event[K, V]) bool) {
		w := watch[K, V]{Store: s, last: s.line.Nanos(since), canceled: ctx.Done(), yield: yield}
		defer s.awaitClose()
		defer w.pass()
		for _, shard := range s.shards {
			w.feeds = append(w.feeds, shardFeed[K, V]{Feed: table.NewFeed[K, V](s.line, since), shard: shard})
		}
		if !since.IsZero() && w.last > s.promise() && !w.resync() { // a position of another store
			return
		}
		known := s.hub.Generation()
		for w.round(w.end()) {
			if w.hasNext() {
				known = engine.Behind // it still waits for its turn: writers may be faster than all watchers
			}
			pace, ok := s.hub.Wait(known, w.canceled, s.done)
			if !ok {
				return
			}
			w.pace, known = &pace, s.hub.Generation()
		}
	}
}

// end returns the end of the next round: the current time, or the time of the latest
// event that is known but not yet yielded if that is ahead of the clock, as after a
// Merge.
func (w *watch[K, V]) end() int64 {
	end := w.line.Now()
	for i := range w.feeds {
		if f := &w.feeds[i]; f.HasNext() {
			end = max(end, f.NextAt())
		}
	}
	return end
}

// hasNext reports whether an event is known but not yet yielded.
func (w *watch[K, V]) hasNext() bool {
	return slices.ContainsFunc(w.feeds, func(f shardFeed[K, V]) bool { return f.HasNext() })
}

// round yields all changes up to end. It returns false when the loop has ended.
func (w *watch[K, V]) round(end int64) bool {
	w.line.Promise(end)
	w.rounds++
	for w.isOpen() {
		first, open := w.earliest(end)
		w.pass()
		switch {
		case !open:
			return false
		case first == nil:
			return true
		case !w.next(first):
			return false
		}
	}
	return false
}

// next yields the next event of f. It returns false when the loop has ended.
func (w *watch[K, V]) next(f *shardFeed[K, V]) bool {
	switch f.NextKind() {
	case lastmodstore.Resync:
		return w.resync()
	case lastmodstore.CaughtUp:
		return w.catchUp(f)
	default:
		event, ok := engine.NextEvent(w.line, &f.Feed, w.peek)
		return !ok || w.emit(event)
	}
}

// pass wakes the next watcher, if this one was woken.
func (w *watch[K, V]) pass() {
	if w.pace == nil {
		return
	}
	events := 0
	for i := range w.feeds {
		events += w.feeds[i].Len() + 10 // a visit takes as long as ten events
	}
	w.hub.Pass(*w.pace, events, w.line.Now)
	w.pace = nil
}

// isOpen reports whether the store is not closed and the context has not ended.
func (w *watch[K, V]) isOpen() bool {
	select {
	case <-w.canceled:
		return false
	default:
		return !w.closing.Load()
	}
}

// earliest returns the feed with the earliest next event up to end, or nil if there is
// none. A Resync of any shard precedes all other events. It returns false when the
// store is closed.
func (w *watch[K, V]) earliest(end int64) (first *shardFeed[K, V], open bool) {
	for i := range w.feeds {
		f := &w.feeds[i]
		for !f.HasNext() && (f.More || f.round < w.rounds) {
			if f.round = w.rounds; !w.isOpen() || !f.shard.Feed(&f.Feed) {
				return nil, false
			}
		}
		switch {
		case !f.HasNext():
		case f.NextKind() == lastmodstore.Resync:
			return f, true
		case f.NextAt() <= end && (first == nil || f.NextAt() < first.NextAt()):
			first = f
		}
	}
	return first, true
}

// resync yields one Resync for all shards, and skips the events before it: their results
// are found in the store.
func (w *watch[K, V]) resync() bool {
	at := w.promise()
	w.last, w.caughtUp = at-1, 0
	for i := range w.feeds {
		w.feeds[i].SkipTo(at)
	}
	return w.emit(lastmodstore.Event[K, V]{Kind: lastmodstore.Resync, At: w.line.Time(at)})
}

// catchUp removes the CaughtUp of one shard, and yields one when all shards have caught
// up. Since their events are taken in order of time, all changes until then are known.
func (w *watch[K, V]) catchUp(f *shardFeed[K, V]) bool {
	w.last = max(w.last, f.NextAt())
	event := f.Next(w.line)
	if w.caughtUp++; w.caughtUp < len(w.feeds) {
		return true
	}
	if w.last != table.Beginning {
		event.At = w.line.Time(w.last)
	}
	return w.yield(event)
}

// emit yields e, with a time after that of the previous event. The times can only be
// equal for entries that were merged with equal times before the first Watch.
func (w *watch[K, V]) emit(e lastmodstore.Event[K, V]) bool {
	w.last = max(w.last+1, e.At.UnixNano())
	e.At = w.line.Time(w.last)
	return w.yield(e)
}
