// This file runs on the owner's goroutine.

package actor

import (
	"slices"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// A listenerState is the owner's side of a listener.
type listenerState[K comparable, V any] struct {
	*listener[K, V]
	queue   []table.Removal[K, V]
	waiting *request[K, V] // opRemovals that waits for the next removal, or nil
}

// feed serves a request from a watcher or listener and reports whether to reply now.
func (o *owner[K, V]) feed(r *request[K, V]) (replyNow bool) {
	switch r.op {
	case opWatch:
		o.watchQueue.add(r, o.table.Last())
		return false
	case opUnwatch:
		if o.watchQueue.remove(r.target) {
			r.target.reply <- struct{}{}
		}
	case opListen:
		l := r.listener // the caller may own r again by the time the goroutine runs
		o.listeners = append(o.listeners, &listenerState[K, V]{listener: l})
		o.table.RecordRemovals(true)
		o.listenerWG.Go(func() { o.Store.deliver(l) })
	case opUnlisten:
		o.unlisten(r.listener)
	case opRemovals:
		return o.removals(r)
	}
	return true
}

// feedOne takes the next step of one watcher's feed and reports whether another
// watcher is ready. The loop serves requests in between, so that a thousand
// watchers delay no request.
func (o *owner[K, V]) feedOne() (more bool) {
	q := &o.watchQueue
	if !q.hasReady(o.table.Last()) {
		return false
	}
	r, now := q.next(), o.line.Now()
	o.table.Watch(r.feed, now)
	events := r.feed.Len() // before the reply returns r to the caller
	if r.feed.CaughtUp() {
		q.waiting.Push(&r.node)
	} else {
		r.reply <- struct{}{}
	}
	q.afterStep(events, now, o.table.Last())
	if !q.hasReady(o.table.Last()) {
		return false
	}
	// Without this yield, all watchers that have received events would run before
	// other callers. The next watcher is waiting, so none of the time is idle.
	o.yielder.yield(now)
	o.yielder.measure(o.line.Now())
	o.yielder.reset()
	return true
}

// dispatch queues new removals for the listeners.
func (o *owner[K, V]) dispatch() {
	if len(o.listeners) == 0 {
		return
	}
	if removed := o.table.DrainRemovals(); len(removed) > 0 {
		for _, l := range o.listeners {
			l.queue = append(l.queue, removed...)
			l.Expect(removed)
			if l.waiting != nil {
				o.replyRemovals(l, l.waiting)
			}
		}
	}
}

// pending returns the number of listener calls that are due.
func (o *owner[K, V]) pending() (n int) {
	for _, l := range o.listeners {
		n += l.Pending()
	}
	return n
}

func (o *owner[K, V]) replyRemovals(l *listenerState[K, V], r *request[K, V]) {
	r.removals, l.queue, l.waiting, r.ok = l.queue, nil, nil, true
	r.reply <- struct{}{}
}

// removals replies with the queued removals, now or once there are some. It
// reports whether its caller is to reply instead, with none: the listener was
// stopped.
func (o *owner[K, V]) removals(r *request[K, V]) (replyNow bool) {
	i := slices.IndexFunc(o.listeners, func(l *listenerState[K, V]) bool { return l.listener == r.listener })
	if i < 0 {
		return true
	}
	l := o.listeners[i]
	if l.waiting = r; len(l.queue) > 0 {
		o.replyRemovals(l, r)
	}
	return false
}

func (o *owner[K, V]) unlisten(which *listener[K, V]) {
	i := slices.IndexFunc(o.listeners, func(l *listenerState[K, V]) bool { return l.listener == which })
	if i < 0 {
		return
	}
	if r := o.listeners[i].waiting; r != nil {
		r.reply <- struct{}{}
	}
	o.listeners = slices.Delete(o.listeners, i, i+1)
	o.table.RecordRemovals(len(o.listeners) > 0)
}

// endFeeds refuses the waiting watchers and leaves each listener its undelivered
// removals.
func (o *owner[K, V]) endFeeds() {
	o.watchQueue.stop(func(r *request[K, V]) {
		r.err = lastmodstore.ErrClosed
		r.reply <- struct{}{}
	})
	for _, l := range o.listeners {
		l.undelivered = l.queue
		if l.waiting != nil {
			l.waiting.err = lastmodstore.ErrClosed
			l.waiting.reply <- struct{}{}
		}
	}
}
