// This file runs on the owner's goroutine.

package actor

import (
	"slices"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// listening is the owner's side of a listener.
type listening[K comparable, V any] struct {
	*listener[K, V]
	queue   []table.Removal[K, V]
	waiting *request[K, V] // asked for removals when there were none, or nil
}

// feed serves a request of a watcher or listener, and reports whether to reply now.
func (o *owner[K, V]) feed(r *request[K, V]) (replies bool) {
	switch r.op {
	case opWatch:
		o.watchQueue.add(r, o.table.Last())
		return false
	case opUnwatch:
		if o.watchQueue.remove(r.target) {
			r.target.reply <- struct{}{}
		}
	case opListen:
		l := r.listener // r is the caller's again when the goroutine runs
		o.listening = append(o.listening, &listening[K, V]{listener: l})
		o.table.RecordRemovals(true)
		o.listenerWG.Go(func() { o.Store.deliver(l) })
	case opUnlisten:
		o.unlisten(r.listener)
	case opRemovals:
		return o.removals(r)
	}
	return true
}

// feedOne takes the next step of one watcher's feed, and reports whether another's
// is to be taken: between requests, so that a thousand of them delay none.
func (o *owner[K, V]) feedOne() (more bool) {
	f := &o.watchQueue
	if !f.hasReady(o.table.Last()) {
		return false
	}
	r, now := f.next(), o.line.Now()
	o.table.Watch(r.feed, now)
	events := r.feed.Len() // before it is the caller's again
	if r.feed.CaughtUp() {
		f.waiting.Push(&r.place)
	} else {
		r.reply <- struct{}{}
	}
	f.afterStep(events, now, o.table.Last())
	if !f.hasReady(o.table.Last()) {
		return false
	}
	// Otherwise all watchers that got something would run before other callers. The
	// next watcher waits, so that none of this is idleness.
	o.yielder.yield(now)
	o.yielder.judge(o.line.Now())
	o.yielder.forget()
	return true
}

// dispatch queues for the listeners what has been removed.
func (o *owner[K, V]) dispatch() {
	if len(o.listening) == 0 {
		return
	}
	if removed := o.table.DrainRemovals(); len(removed) > 0 {
		for _, l := range o.listening {
			l.queue = append(l.queue, removed...)
			l.Expect(removed)
			if l.waiting != nil {
				o.replyRemovals(l, l.waiting)
			}
		}
	}
}

// pending counts the calls of listeners that are due.
func (o *owner[K, V]) pending() (n int) {
	for _, l := range o.listening {
		n += l.Pending()
	}
	return n
}

func (o *owner[K, V]) replyRemovals(l *listening[K, V], r *request[K, V]) {
	r.removals, l.queue, l.waiting, r.ok = l.queue, nil, nil, true
	r.reply <- struct{}{}
}

// removals replies with what was removed, now or as soon as something is, and
// reports whether that is left to the caller: to a listener that was stopped, with
// nothing.
func (o *owner[K, V]) removals(r *request[K, V]) (replies bool) {
	i := slices.IndexFunc(o.listening, func(l *listening[K, V]) bool { return l.listener == r.listener })
	if i < 0 {
		return true
	}
	l := o.listening[i]
	if l.waiting = r; len(l.queue) > 0 {
		o.replyRemovals(l, r)
	}
	return false
}

func (o *owner[K, V]) unlisten(which *listener[K, V]) {
	i := slices.IndexFunc(o.listening, func(l *listening[K, V]) bool { return l.listener == which })
	if i < 0 {
		return
	}
	if r := o.listening[i].waiting; r != nil {
		r.reply <- struct{}{}
	}
	o.listening = slices.Delete(o.listening, i, i+1)
	o.table.RecordRemovals(len(o.listening) > 0)
}

// endFeeds refuses the watchers that wait, and leaves to the listeners what they
// have not yet taken.
func (o *owner[K, V]) endFeeds() {
	o.watchQueue.stop(func(r *request[K, V]) {
		r.err = lastmodstore.ErrClosed
		r.reply <- struct{}{}
	})
	for _, l := range o.listening {
		l.rest = l.queue
		if l.waiting != nil {
			l.waiting.err = lastmodstore.ErrClosed
			l.waiting.reply <- struct{}{}
		}
	}
}
