// This file runs on the owner's goroutine.

package actor

import (
	"slices"

	"github.com/lastmodstore/lastmodstore/internal/engine"
)

// A feeder says which watcher is fed when.
type feeder[K comparable, V any] struct {
	reading []*request[K, V] // have more to read at once
	behind  []*request[K, V] // knew of all, and something has happened since
	waiting []*request[K, V] // know of all, in the order in which they came to
	read    bool             // the last one fed was reading

	pace    engine.FeedPacer // of those who are behind
	rest    *alarm
	resting <-chan struct{} // rest's channel while it rests, else nil
}

func (f *feeder[K, V]) add(r *request[K, V], last int64) {
	switch {
	case !r.feed.CaughtUp():
		f.reading = append(f.reading, r)
	case r.feed.Until < last:
		f.behind = append(f.behind, r)
	default:
		f.waiting = append(f.waiting, r)
	}
}

func (f *feeder[K, V]) remove(r *request[K, V]) (was bool) {
	for _, queue := range []*[]*request[K, V]{&f.reading, &f.behind, &f.waiting} {
		if i := slices.Index(*queue, r); i >= 0 {
			*queue = slices.Delete(*queue, i, i+1)
			return true
		}
	}
	return false
}

func (f *feeder[K, V]) all() []*request[K, V] {
	return slices.Concat(f.reading, f.behind, f.waiting)
}

// isHungry says whether there is a watcher to be fed now.
func (f *feeder[K, V]) isHungry(last int64) bool {
	if len(f.waiting) > 0 && f.waiting[0].feed.Until < last {
		f.behind = append(f.behind, f.waiting...)
		f.waiting = slices.Delete(f.waiting, 0, len(f.waiting))
	}
	return len(f.reading) > 0 || f.feedsBehind()
}

func (f *feeder[K, V]) feedsBehind() bool { return len(f.behind) > 0 && f.resting == nil }

// next takes the watcher to be fed out of its queue. The two have turns.
func (f *feeder[K, V]) next() *request[K, V] {
	queue := &f.reading
	if f.feedsBehind() && (f.read || len(f.reading) == 0) {
		queue = &f.behind
	}
	f.read = queue == &f.reading
	r := (*queue)[0]
	*queue = slices.Delete(*queue, 0, 1)
	return r
}

// wake ends a rest.
func (f *feeder[K, V]) wake(now int64) {
	f.resting = nil
	if f.pace.Wake(now); len(f.behind) == 0 { // all have left
		f.pace = engine.FeedPacer{}
	}
}

// fed is told when a watcher has been fed, and rests if it is time for that.
func (f *feeder[K, V]) fed(now, last int64) {
	switch {
	case f.resting != nil:
	case len(f.behind) == 0:
		f.pace = engine.FeedPacer{}
	case f.pace.ShouldRest(now, last):
		f.resting = f.rest.c
		f.rest.timer.Reset(engine.FeedPause)
	}
}

func (f *feeder[K, V]) stop() {
	if f.resting != nil {
		f.rest.stop()
	}
}
