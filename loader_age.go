package lastmodstore

import (
	"sync"
	"time"
)

// validations remembers when the source confirmed values whose entries cannot
// show it: those without a deadline, and those that keep theirs. Losing a record
// costs one more question to the source, so there is no need to know exactly
// which records are still of use.
type validations[K comparable] struct {
	mu    sync.RWMutex // guards what follows
	byKey map[K]validation
}

type validation struct {
	modified time.Time // LastModified of the entry that was confirmed: its version
	at       time.Time
}

// confirmed reports whether the entry of key that was last modified at modified
// was confirmed at or after t.
func (v *validations[K]) confirmed(key K, modified, t time.Time) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	x, ok := v.byKey[key]
	return ok && x.modified.Equal(modified) && !x.at.Before(t)
}

// set notes a confirmation. It drops all records when there are over twice as
// many as the store has entries: most are then of entries long gone.
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

// wallNow is the present time without its monotonic reading, to be compared with
// the times of entries, which have none.
func wallNow() time.Time { return time.Now().Round(0) }

// maxDeadlineSkew is how far ahead of the clock a deadline may have been set to
// be believed. A merged entry can have any deadline with any TTL.
const maxDeadlineSkew = time.Minute

// isFresh reports whether e was stored or confirmed at or after t. The zero t
// accepts all. A LastModified that lies ahead of the clock, as after a Merge, does
// not show when e was stored.
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
// nanoseconds that keep a store's times apart.
func isAhead(t time.Time) bool { return t.After(wallNow().Add(time.Millisecond)) }

// noteStored notes that e was stored just now, unless it shows it.
func (l *Loader[K, V]) noteStored(key K, e Entry[V]) {
	if isAhead(e.LastModified) {
		l.confirmed.set(key, e.LastModified, l.store.Len())
	}
}

// confirm notes that the source has confirmed e with ttl, unless e shows it.
func (l *Loader[K, V]) confirm(key K, e Entry[V], ttl time.Duration) {
	if ttl == KeepTTL || e.ExpiresAt.IsZero() {
		l.confirmed.set(key, e.LastModified, l.store.Len())
	}
}
