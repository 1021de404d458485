// This file runs on the owner's goroutine.

package actor

import "github.com/lastmodstore/lastmodstore/internal/engine"

// A watchQueue says which watcher is fed when.
type watchQueue[K comparable, V any] struct {
	reading engine.Queue // have more to read at once
	behind  engine.Queue // knew of all, and something has happened since
	waiting engine.Queue // know of all, in the order in which they came to
	read    bool         // the last one fed was reading

	pace    engine.FeedPacer // of those that are behind
	rest    *alarm
	resting <-chan struct{} // rest's channel while it rests, else nil
}

func newWatchQueue[K comparable, V any]() watchQueue[K, V] {
	return watchQueue[K, V]{reading: engine.NewQueue(), behind: engine.NewQueue(), waiting: engine.NewQueue(), rest: newAlarm()}
}

func (f *watchQueue[K, V]) add(r *request[K, V], last int64) {
	r.place.Value = r
	switch {
	case !r.feed.CaughtUp():
		f.reading.Push(&r.place)
	case r.feed.Until < last:
		f.behind.Push(&r.place)
	default:
		f.waiting.Push(&r.place)
	}
}

// remove takes r out of its queue and reports whether it was in one.
func (f *watchQueue[K, V]) remove(r *request[K, V]) (was bool) { return engine.Leave(&r.place) }

// hasReady reports whether there is a watcher to be fed now.
func (f *watchQueue[K, V]) hasReady(last int64) bool {
	if !f.waiting.Empty() && first[K, V](f.waiting).feed.Until < last {
		f.behind.PushAll(f.waiting)
	}
	return !f.reading.Empty() || f.feedsBehind()
}

func (f *watchQueue[K, V]) feedsBehind() bool { return !f.behind.Empty() && f.resting == nil }

func first[K comparable, V any](queue engine.Queue) *request[K, V] {
	return queue.First().(*request[K, V])
}

// next takes the watcher to be fed out of its queue. The two queues take turns.
func (f *watchQueue[K, V]) next() *request[K, V] {
	queue := f.reading
	if f.feedsBehind() && (f.read || f.reading.Empty()) {
		queue = f.behind
	}
	f.read = queue == f.reading
	r := first[K, V](queue)
	f.remove(r)
	return r
}

// wake ends a rest.
func (f *watchQueue[K, V]) wake(now int64) {
	f.resting = nil
	if f.pace.Wake(now); f.behind.Empty() { // all have left
		f.pace = engine.FeedPacer{}
	}
}

// afterStep notes that a watcher has been fed so many events, and rests if it is time
// for that.
func (f *watchQueue[K, V]) afterStep(events int, now, last int64) {
	f.pace.Charge(events)
	switch {
	case f.resting != nil:
	case f.behind.Empty():
		f.pace = engine.FeedPacer{}
	case f.pace.ShouldRest(now, last):
		f.resting = f.rest.c
		f.rest.timer.Reset(engine.FeedPause)
	}
}

// stop ends the rest, and each watcher in a queue by end.
func (f *watchQueue[K, V]) stop(end func(*request[K, V])) {
	if f.resting != nil {
		f.rest.stop()
	}
	for _, queue := range []engine.Queue{f.reading, f.behind, f.waiting} {
		for !queue.Empty() {
			r := first[K, V](queue)
			f.remove(r)
			end(r)
		}
	}
}
