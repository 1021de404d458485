// The code in this file runs on the goroutine of a load.

package lastmodstore

import (
	"context"
	"errors"
	"runtime/debug"
	"time"
)

// run is the goroutine of f.
func (l *Loader[K, V]) run(key K, f *loading[V], since time.Time) {
	r := result[V]{err: errLoadExited} // unless fetch returns
	defer func() { l.finish(key, f, r) }()
	r = l.fetch(key, f, since)
}

// finish ends f with r, unless f has already ended, and calls the hooks.
func (l *Loader[K, V]) finish(key K, f *loading[V], r result[V]) {
	cause := context.Cause(f.ctx)
	if r.err != nil && !r.loaded && cause != nil && !isCrash(r.err) {
		r.err = cause
	}
	l.mu.Lock()
	first := !f.ended
	if r.err != nil && isFailure(r) {
		l.failLocked(key, f, r)
	} else {
		l.endLocked(key, f, r)
	}
	l.mu.Unlock()
	if f.stop() {
		l.release()
	}
	f.cancel()
	defer l.release() // also if a hook ends the goroutine
	l.report(key, r, first && r.err != nil && (cause != ErrClosed || r.loaded))
}

// isFailure reports whether the error of r comes from the source, so that loading
// again at once would not help. The error of a full or closed store does not.
func isFailure[V any](r result[V]) bool { return !r.loaded || errors.Is(r.err, ErrInvalidTTL) }

// report calls the hooks. No lock is held.
func (l *Loader[K, V]) report(key K, r result[V], failed bool) {
	if (failed || isCrash(r.err)) && l.onError != nil {
		defer l.onError(key, r.err) // also if onDiscard ends the goroutine
	}
	if r.isLost && l.onDiscard != nil {
		l.onDiscard(key, r.lost)
	}
}

// fetch loads key and stores the value, unless the entry has become fresh meanwhile.
func (l *Loader[K, V]) fetch(key K, f *loading[V], since time.Time) result[V] {
	present, ok := l.store.GetEntry(key)
	if ok && l.isFresh(key, present, since) {
		return result[V]{entry: present}
	}
	for {
		value, ttl, err := l.call(f.ctx, key, present, ok)
		if err == nil {
			return l.save(key, f, value, ttl, present)
		}
		if !ok || isCrash(err) || !errors.Is(err, ErrNotModified) {
			return result[V]{err: err}
		}
		if r, kept := l.keep(key, f, present, ttl); kept {
			return r
		}
		// The confirmed entry was removed, and its value may have been released: load
		// a new one.
		present, ok = Entry[V]{}, false
		if !l.isWanted(key, f) {
			return result[V]{err: context.Canceled}
		}
	}
}

// isWanted reports whether f should call its source again.
func (l *Loader[K, V]) isWanted(key K, f *loading[V]) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.abandonLocked(key, f)
	return !f.ended && f.ctx.Err() == nil
}

// call calls the LoadFunc. It returns a panic as a [*PanicError].
func (l *Loader[K, V]) call(ctx context.Context, key K, present Entry[V], ok bool) (value V, ttl time.Duration, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{p, debug.Stack()}
		}
	}()
	return l.load(ctx, key, present, ok)
}

// save stores a loaded value, unless key was written or invalidated meanwhile.
func (l *Loader[K, V]) save(key K, f *loading[V], value V, ttl time.Duration, present Entry[V]) result[V] {
	r := result[V]{entry: Entry[V]{Value: value}, loaded: true, lost: value, isLost: true}
	var e Entry[V]
	stored := false
	written := l.write(key, f, func() { e, stored, r.err = l.set(key, value, ttl, present) })
	switch {
	case !written && f.ctx.Err() != nil:
		r.entry, r.err, r.loaded = Entry[V]{}, context.Cause(f.ctx), false
	case stored:
		l.noteStored(key, e)
		return result[V]{entry: e, loaded: true}
	case r.err == nil && !e.LastModified.IsZero(): // a newer entry is present
		r.entry, r.loaded = e, false
	}
	return r
}

// set stores value if key has not been written since present was read. If present
// has expired meanwhile, set stores value; if it was deleted, it does not.
func (l *Loader[K, V]) set(key K, value V, ttl time.Duration, present Entry[V]) (Entry[V], bool, error) {
	e, stored, err := l.store.SetIfUnmodifiedSince(key, value, ttl, present.LastModified)
	hasExpired := !present.ExpiresAt.IsZero() && !time.Now().Before(present.ExpiresAt)
	if err == nil && !stored && e.LastModified.IsZero() && hasExpired {
		e, stored, err = SetIfAbsent(l.store, key, value, ttl)
	}
	return e, stored, err
}

// keep sets the new deadline of present, which the source has confirmed. It returns
// the entry that is present now. It returns false if there is none, or if f may no
// longer write.
func (l *Loader[K, V]) keep(key K, f *loading[V], present Entry[V], ttl time.Duration) (r result[V], kept bool) {
	l.write(key, f, func() {
		isPresent := func() bool {
			r.entry, kept = l.store.GetEntry(key)
			return kept && r.entry.LastModified.Equal(present.LastModified)
		}
		if !isPresent() {
			return
		}
		if _, r.err = l.store.Touch(key, ttl); r.err != nil {
			r.entry = Entry[V]{}
		} else if isPresent() {
			r.loaded = true
			l.confirm(key, r.entry, ttl)
		}
	})
	return r, kept
}
