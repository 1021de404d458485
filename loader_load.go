// The code in this file runs on the goroutine of a call.

package lastmodstore

import (
	"context"
	"errors"
	"time"
)

// run is the goroutine of c.
func (l *Loader[K, V]) run(c *call[K, V], since time.Time) {
	defer l.finish(c)
	pending := l.lookUp(c, since)
	for len(pending) > 0 {
		loaded := l.ask(c, pending)
		for i, f := range pending {
			f.outcome.lost, f.outcome.isLost = loaded[i].Value, loaded[i].Err == nil
		}
		again := pending[:0]
		for i, f := range pending {
			if !l.resolve(f, loaded[i]) {
				again = append(again, f)
			}
		}
		pending = again
	}
}

// finish ends the loads that have no outcome because the source or the store has ended the
// goroutine, and calls the hooks.
func (l *Loader[K, V]) finish(c *call[K, V]) {
	for _, f := range c.loads {
		if !f.settled {
			l.settle(f, result[V]{err: errLoadExited, lost: f.outcome.lost, isLost: f.outcome.isLost})
		}
	}
	if c.refresh {
		l.refreshing.Add(-1)
	}
	if c.stop() {
		l.release()
	}
	c.cancel()
	defer l.release() // also if a hook ends the goroutine
	defer forEach(c.extra, func(x extra[K, V]) { l.report(x.key, result[V]{lost: x.value, isLost: true}, false) })
	forEach(c.loads, func(f *loading[K, V]) { l.report(f.key, f.outcome, f.failed) })
}

// settle ends f with r, unless f has already ended, and keeps r for the hooks.
func (l *Loader[K, V]) settle(f *loading[K, V], r result[V]) {
	cause := context.Cause(f.ctx)
	if r.err != nil && !r.loaded && cause != nil && !isCrash(r.err) {
		r.err = cause
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	f.settled, f.outcome = true, r
	f.failed = r.err != nil && !f.ended && (cause != ErrClosed || r.loaded) && !isNotFound(r.err) || isCrash(r.err)
	if f.failed {
		l.counts.failures.Add(1)
	}
	if r.err != nil && isFailure(r) {
		l.failLocked(f, r)
		return
	}
	if f.ok && errors.Is(r.err, ErrFull) { // perhaps the value has become heavier than MaxWeight
		l.rememberLocked(f, r.err, true)
	}
	l.endLocked(f, r)
}

// isFailure reports whether the load itself failed, so that callers receive its error until
// RetryAfter has passed. If the store is full or closed, it has not: callers that wait
// receive the value together with the error, so they load it again.
func isFailure[V any](r result[V]) bool { return !r.loaded || errors.Is(r.err, ErrInvalidTTL) }

// lookUp reads the present entries and returns the loads that need the source.
func (l *Loader[K, V]) lookUp(c *call[K, V], since time.Time) (pending []*loading[K, V]) {
	if c.many {
		entries := l.store.GetMany(keysOf(c.loads))
		for _, f := range c.loads {
			f.present, f.ok = entries[f.key]
		}
	} else {
		f := c.loads[0]
		f.present, f.ok = l.store.GetEntry(f.key)
	}
	for _, f := range c.loads {
		if f.ok && l.isCurrent(f, since) {
			l.settle(f, result[V]{entry: f.present})
		} else if f.ok || !f.refresh || l.isWanted(f) {
			pending = append(pending, f)
		}
	}
	return pending
}

// isCurrent reports whether f need not be loaded any more, because its entry has been
// written meanwhile.
func (l *Loader[K, V]) isCurrent(f *loading[K, V], since time.Time) bool {
	if f.refresh {
		return !l.isDue(f.present)
	}
	return l.isFresh(f.key, f.present, since)
}

// isWanted reports whether f should ask its source although no entry is present, and
// otherwise settles it.
func (l *Loader[K, V]) isWanted(f *loading[K, V]) bool {
	l.mu.Lock()
	if f.refresh && f.waiting == 0 {
		l.endLocked(f, result[V]{err: context.Canceled}) // what it should refresh is gone
	}
	l.abandonLocked(f.call)
	wanted := !f.ended && f.ctx.Err() == nil
	l.mu.Unlock()
	if !wanted {
		l.settle(f, result[V]{err: context.Canceled})
	}
	return wanted
}

// resolve settles f with what its source returned. It returns false if the source has to
// be asked again: the entry that it confirmed was removed, and its value may have been
// released.
func (l *Loader[K, V]) resolve(f *loading[K, V], x Loaded[V]) bool {
	r := result[V]{err: x.Err}
	switch {
	case x.Err == nil:
		r = l.save(f, x.Value, x.TTL)
	case isCrash(x.Err):
	case f.ok && errors.Is(x.Err, ErrNotModified):
		var kept bool
		if r, kept = l.keep(f, x.TTL); !kept {
			f.present, f.ok = Entry[V]{}, false
			return !l.isWanted(f)
		}
	case f.ok && errors.Is(x.Err, ErrNotFound):
		_, panicked := l.write(f, func() { l.store.DeleteIfUnmodifiedSince(f.key, f.present.LastModified) })
		if panicked != nil {
			r.err = panicked
		}
	}
	l.settle(f, r)
	return true
}

// report calls the hooks. No lock is held.
func (l *Loader[K, V]) report(key K, r result[V], failed bool) {
	if failed && l.onError != nil {
		defer l.onError(key, r.err) // also if onDiscard ends the goroutine
	}
	if r.isLost && l.onDiscard != nil {
		l.onDiscard(key, r.lost)
	}
}

// forEach calls fn for each item, also if one of the calls ends the goroutine
// (runtime.Goexit).
func forEach[T any](items []T, fn func(T)) {
	if len(items) == 0 {
		return
	}
	defer func() { forEach(items, fn) }()
	for len(items) > 0 {
		item := items[0]
		items = items[1:]
		fn(item)
	}
}
