// The code in this file runs on the goroutine of a call.

package lastmodstore

import (
	"context"
	"time"
)

// save stores a loaded value, unless its key was written or invalidated meanwhile.
func (l *Loader[K, V]) save(f *loading[K, V], value V, ttl time.Duration) result[V] {
	r := result[V]{entry: Entry[V]{Value: value}, loaded: true, lost: value, isLost: true}
	var e Entry[V]
	stored := false
	written, panicked := l.write(f, func() { e, stored, r.err = l.set(f, value, ttl) })
	switch {
	case panicked != nil:
		r.entry, r.err, r.loaded = Entry[V]{}, panicked, false
	case !written && f.ctx.Err() != nil:
		r.entry, r.err, r.loaded = Entry[V]{}, context.Cause(f.ctx), false
	case stored:
		l.noteStored(f.key, e, ttl)
		return result[V]{entry: e, loaded: true}
	case r.err == nil && !e.LastModified.IsZero(): // a newer entry is present
		r.entry, r.loaded = e, false
	}
	return r
}

// set stores value if the key has not been written since the present entry was read. If
// that entry was deleted, set stores nothing. If it has expired, set stores value, but
// not in a refresh: what has expired may have been deleted before.
func (l *Loader[K, V]) set(f *loading[K, V], value V, ttl time.Duration) (Entry[V], bool, error) {
	e, stored, err := l.store.SetIfUnmodifiedSince(f.key, value, ttl, f.present.LastModified)
	hasExpired := !f.present.ExpiresAt.IsZero() && !time.Now().Before(f.present.ExpiresAt)
	if err == nil && !stored && e.LastModified.IsZero() && hasExpired && !f.refresh {
		e, stored, err = SetIfAbsent(l.store, f.key, value, ttl)
	}
	return e, stored, err
}

// keep sets the new deadline of the present entry, which the source has confirmed. It
// returns the entry that is present now. It returns false if there is none, or if f may
// no longer write, but not if the store panicked.
func (l *Loader[K, V]) keep(f *loading[K, V], ttl time.Duration) (r result[V], kept bool) {
	_, panicked := l.write(f, func() {
		isPresent := func() bool {
			r.entry, kept = l.store.GetEntry(f.key)
			return kept && r.entry.LastModified.Equal(f.present.LastModified)
		}
		if !isPresent() {
			return
		}
		if _, r.err = l.store.Touch(f.key, ttl); r.err != nil {
			r.entry = Entry[V]{}
		} else if isPresent() {
			r.loaded = true
			l.confirm(f.key, r.entry, ttl)
		}
	})
	if panicked != nil {
		return result[V]{err: panicked}, true
	}
	return r, kept
}
