package lastmodstore

import (
	"sync"
	"time"
)

// validations records when the source confirmed values whose entries do not show
// it: entries without a deadline, and entries that kept theirs. A lost record costs
// only one more load, so it need not be known exactly which records are still needed.
type validations[K comparable] struct {
	mu    sync.RWMutex // guards byKey
	byKey map[K]validation
}

type validation struct {
	modified time.Time // LastModified of the confirmed entry: its version
	at       time.Time // when it was confirmed
}

// confirmed reports whether the entry for key that was last modified at modified
// was confirmed at or after t.
func (v *validations[K]) confirmed(key K, modified, t time.Time) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	x, ok := v.byKey[key]
	return ok && x.modified.Equal(modified) && !x.at.Before(t)
}

// set records a confirmation. It first drops all records if there are more than
// twice as many as the store has entries: most of them then belong to entries that
// no longer exist.
func (v *validations[K]) set(key K, modified time.Time, entries int) {
	const spare = 64
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.byKey == nil || len(v.byKey) > 2*entries+spare {
		v.byKey = map[K]validation{}
	}
	v.byKey[key] = validation{modified, wallNow()}
}

func (v *validations[K]) drop() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.byKey = nil
}

// wallNow returns the current time without a monotonic reading, for comparison with
// the times of entries, which have none.
func wallNow() time.Time { return time.Now().Round(0) }

// maxDeadlineSkew is the limit for the time when a deadline was set, relative to the
// clock. A merged entry can have any deadline with any TTL, so that ExpiresAt - TTL
// may lie in the future; beyond this limit it is not taken as a confirmation.
const maxDeadlineSkew = time.Minute

// isFresh reports whether e was stored or confirmed at or after t. With the zero t it
// always returns true. A LastModified ahead of the clock, as after a Merge, does not
// show when e was stored.
func (l *Loader[K, V]) isFresh(key K, e Entry[V], t time.Time) bool {
	if t.IsZero() || !e.LastModified.Before(t) && !isAhead(e.LastModified) {
		return true
	}
	if e.TTL > 0 && !e.ExpiresAt.IsZero() {
		set := e.ExpiresAt.Add(-e.TTL)
		if !set.Before(t) && time.Until(set) <= maxDeadlineSkew {
			return true
		}
	}
	return l.confirmed.confirmed(key, e.LastModified, t)
}

// isAhead reports whether t lies further ahead of the clock than the few
// nanoseconds by which a store keeps its times distinct.
func isAhead(t time.Time) bool { return t.After(wallNow().Add(time.Millisecond)) }

// noteStored records that e was stored with ttl just now, unless its LastModified shows it.
func (l *Loader[K, V]) noteStored(key K, e Entry[V], ttl time.Duration) {
	l.noteLead(e, ttl)
	if isAhead(e.LastModified) {
		l.confirmed.set(key, e.LastModified, l.store.Len())
	}
}

// confirm records that the source has confirmed e with ttl, unless the deadline of e
// shows it.
func (l *Loader[K, V]) confirm(key K, e Entry[V], ttl time.Duration) {
	l.noteLead(e, ttl)
	if ttl == KeepTTL || e.ExpiresAt.IsZero() {
		l.confirmed.set(key, e.LastModified, l.store.Len())
	}
}

// noteLead records how far the store's clock is ahead of the wall clock: e got its deadline
// just now, ttl from the store's time, unless its TTL shows another writer's. After the wall clock is set back, the store's clock
// stays ahead. LastModified does not show this, since after a Merge it may be ahead of both.
func (l *Loader[K, V]) noteLead(e Entry[V], ttl time.Duration) {
	if l.ahead > 0 && ttl > 0 && e.TTL == ttl && !e.ExpiresAt.IsZero() {
		l.lead.Store(int64(max(0, e.ExpiresAt.Add(-ttl).Sub(wallNow()))))
	}
}

// untilExpiry returns how long e remains present by the store's clock, as far as the Loader
// knows it: see noteLead.
func (l *Loader[K, V]) untilExpiry(e Entry[V]) time.Duration {
	return time.Until(e.ExpiresAt) - time.Duration(l.lead.Load())
}
