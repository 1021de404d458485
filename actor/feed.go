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
	pending *request[K, V] // asked for removals when there were none, or nil
}

// feed serves a request of a watcher or listener and says whether its reply
// goes out now.
func (o *owner[K, V]) feed(r *request[K, V]) (replies bool) {
	switch r.op {
	case opWatch:
		o.asking = append(o.asking, r)
		return false
	case opUnwatch:
		isTarget := func(waiting *request[K, V]) bool { return waiting == r.target }
		n := len(o.asking) + len(o.watching)
		o.asking = slices.DeleteFunc(o.asking, isTarget)
		o.watching = slices.DeleteFunc(o.watching, isTarget)
		if len(o.asking)+len(o.watching) < n {
			r.target.reply <- struct{}{}
		}
	case opListen:
		l := r.listener // r is the caller's again when the goroutine runs
		o.listening = append(o.listening, &listening[K, V]{listener: l})
		o.table.Listen(true)
		o.handing.Go(func() { o.Store.handOver(l) })
	case opUnlisten:
		o.unlisten(r.listener)
	case opRemovals:
		return o.removals(r)
	}
	return true
}

// hasNews says whether a watcher is to be fed.
func (o *owner[K, V]) hasNews() bool {
	return len(o.asking) > 0 || len(o.watching) > 0 && o.watching[0].feed.Until < o.table.Last()
}

// feedOne takes the next step of one watcher's feed. The others' turns come
// between requests, and a watcher that comes back at once waits for all others',
// so that a thousand of them keep no request waiting.
func (o *owner[K, V]) feedOne() {
	if !o.hasNews() {
		return
	}
	if len(o.asking) == 0 {
		o.asking, o.watching = o.watching, o.asking
	}
	r, now := o.asking[0], o.line.Now()
	o.asking = slices.Delete(o.asking, 0, 1)
	o.table.Watch(r.feed, now)
	if len(r.feed.Changes) == 0 && !r.feed.More && !r.feed.Look {
		o.watching = append(o.watching, r)
		return
	}
	r.reply <- struct{}{}
	if o.hasNews() {
		// Else all who were fed would be in line before those who call. The next
		// watcher waits, so that none of this is idleness.
		o.yielder.yield(now)
		o.yielder.judge(o.line.Now())
		o.yielder.forget()
	}
}

// handOver gives the listeners what has been removed.
func (o *owner[K, V]) handOver() {
	if len(o.listening) == 0 {
		return
	}
	if removed := o.table.TakeRemoved(); len(removed) > 0 {
		for _, l := range o.listening {
			l.queue = append(l.queue, removed...)
			if l.pending != nil {
				o.answer(l, l.pending)
			}
		}
	}
}

func (o *owner[K, V]) answer(l *listening[K, V], r *request[K, V]) {
	r.removals, l.queue, l.pending, r.ok = l.queue, nil, nil, true
	r.reply <- struct{}{}
}

// removals answers what was removed, now or when something is. A listener that
// was stopped gets nothing, at once.
func (o *owner[K, V]) removals(r *request[K, V]) (replies bool) {
	i := slices.IndexFunc(o.listening, func(l *listening[K, V]) bool { return l.listener == r.listener })
	if i < 0 {
		return true
	}
	l := o.listening[i]
	if l.pending = r; len(l.queue) > 0 {
		o.answer(l, r)
	}
	return false
}

func (o *owner[K, V]) unlisten(which *listener[K, V]) {
	i := slices.IndexFunc(o.listening, func(l *listening[K, V]) bool { return l.listener == which })
	if i < 0 {
		return
	}
	if r := o.listening[i].pending; r != nil {
		r.reply <- struct{}{}
	}
	o.listening = slices.Delete(o.listening, i, i+1)
	o.table.Listen(len(o.listening) > 0)
}

// endFeeds refuses the watchers that wait and leaves the listeners what they
// have not yet taken.
func (o *owner[K, V]) endFeeds() {
	for _, r := range slices.Concat(o.asking, o.watching) {
		r.err = lastmodstore.ErrClosed
		r.reply <- struct{}{}
	}
	for _, l := range o.listening {
		l.rest = l.queue
		if l.pending != nil {
			l.pending.err = lastmodstore.ErrClosed
			l.pending.reply <- struct{}{}
		}
	}
}
