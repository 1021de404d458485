package lastmodstore

import "time"

// maxRefreshes is how many calls of the source RefreshAhead runs at a time.
const maxRefreshes = 64

// RefreshAhead makes a read that finds an entry within d of its deadline return it and
// begin a load of its key in the background, so that callers of a key in use do not wait
// when it expires. Get, GetFresh and GetMany do so, GetMany for all such keys by one call
// of the [LoadManyFunc]. Reads of the store itself do not, and an entry that nobody reads
// expires.
//
// There is one load per key at a time, as always, and RefreshAhead has at most 64 calls of
// the source running: a read that finds them taken begins none, and a later one will. A
// call whose load has timed out counts until its function returns. The background load
// ends as described for [ServeStale]; set a [LoadTimeout], and a [RetryAfter] as well:
// otherwise each read within d repeats a load that has failed, or whose value the store has
// refused ([ErrFull]).
//
// A refresh stores its value only over the entry that it began with. If that entry was
// replaced, deleted, evicted or invalidated meanwhile, or has expired, the value is
// discarded, so no deleted entry comes back; callers that wait for the load receive it.
// So choose a d that is longer than a load takes, and shorter than the TTL: an entry whose
// TTL is at most d is loaded again by the first read after each load. If the refresh fails,
// the entry stays until its deadline. RefreshAhead panics if d <= 0.
func RefreshAhead(d time.Duration) LoaderOption {
	checkDuration("RefreshAhead", d, "loading only what is absent")
	return func(c *loaderConfig) { c.ahead = d }
}

// isDue reports whether e is to be refreshed: it expires within the time that RefreshAhead
// was given.
func (l *Loader[K, V]) isDue(e Entry[V]) bool {
	return l.ahead > 0 && !e.ExpiresAt.IsZero() && l.untilExpiry(e) <= l.ahead
}

// refreshAhead begins background loads of those keys that are not being loaded and have not
// failed lately: all by one call of the LoadManyFunc if many is set.
func (l *Loader[K, V]) refreshAhead(many bool, keys ...K) {
	if len(keys) == 0 || isClosed(l.store) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	idle := keys[:0]
	for _, key := range keys {
		if f, err := l.findLocked(key, true); f == nil && err == nil {
			idle = append(idle, key)
		}
	}
	if many {
		l.refreshLocked(true, idle...)
		return
	}
	for _, key := range idle {
		l.refreshLocked(false, key)
	}
}

// refreshLocked begins one call that refreshes keys, unless too many are running.
func (l *Loader[K, V]) refreshLocked(many bool, keys ...K) {
	if len(keys) == 0 || l.refreshing.Load() >= maxRefreshes {
		return
	}
	l.refreshing.Add(1)
	l.counts.refreshes.Add(uint64(len(keys)))
	for _, f := range l.beginLocked(&call[K, V]{many: many, refresh: true}, time.Time{}, keys...) {
		f.wantLocked(false)
	}
}
