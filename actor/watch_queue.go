// This file runs on the owner's goroutine.

package actor

import "github.com/lastmodstore/lastmodstore/internal/engine"

// A watchQueue determines which watcher is fed when.
type watchQueue[K comparable, V any] struct {
	reading        engine.Queue // watchers with more to read at once
	behind         engine.Queue // had caught up, but something has happened since
	waiting        engine.Queue // have caught up, in the order in which they did
	lastWasReading bool         // the last watcher fed was from reading

	pace    engine.FeedPacer // of those that are behind
	rest    *alarm
	resting <-chan struct{} // rest's channel during a rest, otherwise nil
}

func newWatchQueue[K comparable, V any]() watchQueue[K, V] {
	return watchQueue[K, V]{reading: engine.NewQueue(), behind: engine.NewQueue(), waiting: engine.NewQueue(), rest: newAlarm()}
}

func (q *watchQueue[K, V]) add(r *request[K, V], last int64) {
	r.node.Value = r
	switch {
	case !r.feed.CaughtUp():
		q.reading.Push(&r.node)
	case r.feed.Until < last:
		q.behind.Push(&r.node)
	default:
		q.waiting.Push(&r.node)
	}
}

// remove takes r out of its queue and reports whether it was in one.
func (q *watchQueue[K, V]) remove(r *request[K, V]) (was bool) { return engine.Leave(&r.node) }

// hasReady reports whether there is a watcher to be fed now.
func (q *watchQueue[K, V]) hasReady(last int64) bool {
	if !q.waiting.Empty() && first[K, V](q.waiting).feed.Until < last {
		q.behind.PushAll(q.waiting)
	}
	return !q.reading.Empty() || q.feedsBehind()
}

func (q *watchQueue[K, V]) feedsBehind() bool { return !q.behind.Empty() && q.resting == nil }

func first[K comparable, V any](queue engine.Queue) *request[K, V] {
	return queue.First().(*request[K, V])
}

// next removes the watcher to be fed from its queue and returns it. It alternates
// between reading and behind.
func (q *watchQueue[K, V]) next() *request[K, V] {
	queue := q.reading
	if q.feedsBehind() && (q.lastWasReading || q.reading.Empty()) {
		queue = q.behind
	}
	q.lastWasReading = queue == q.reading
	r := first[K, V](queue)
	q.remove(r)
	return r
}

// wake ends a rest.
func (q *watchQueue[K, V]) wake(now int64) {
	q.resting = nil
	if q.pace.Wake(now); q.behind.Empty() { // all watchers have left
		q.pace = engine.FeedPacer{}
	}
}

// afterStep records that a watcher has been fed that many events, and starts a rest
// if one is due.
func (q *watchQueue[K, V]) afterStep(events int, now, last int64) {
	q.pace.Charge(events)
	switch {
	case q.resting != nil:
	case q.behind.Empty():
		q.pace = engine.FeedPacer{}
	case q.pace.ShouldRest(now, last):
		q.resting = q.rest.c
		q.rest.timer.Reset(engine.FeedPause)
	}
}

// stop ends the rest and calls end for each watcher in a queue.
func (q *watchQueue[K, V]) stop(end func(*request[K, V])) {
	if q.resting != nil {
		q.rest.stop()
	}
	for _, queue := range []engine.Queue{q.reading, q.behind, q.waiting} {
		for !queue.Empty() {
			r := first[K, V](queue)
			q.remove(r)
			end(r)
		}
	}
}
