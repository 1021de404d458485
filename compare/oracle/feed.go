package oracle

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// A feed is the removals, and the merges that arrived out of order, as far back as
// they are remembered.
type feed[K comparable, V any] struct {
	records   []lastmodstore.Event[K, V] // in order of At
	remembers bool                       // from the start, or since the first Watch
	horizon   time.Time                  // something that happened until then is forgotten
	watermark time.Time                  // later events get later times
	merges    time.Time                  // of the first Merge; zero: there was none
	expiries  []expiry[K]                // the last entries that expired since then, each key once
	listeners []*func(K, lastmodstore.Entry[V], lastmodstore.EventKind)
}

// An expiry says when an entry that has expired was last modified.
type expiry[K comparable] struct {
	key      K
	modified time.Time
}

// OnRemove registers fn, which is called at once; the engines call it a little later.
func (o *Oracle[K, V]) OnRemove(fn func(key K, e lastmodstore.Entry[V], why lastmodstore.EventKind)) (stop func()) {
	o.listeners = append(o.listeners, &fn)
	return func() {
		o.listeners = slices.DeleteFunc(o.listeners, func(f *func(K, lastmodstore.Entry[V], lastmodstore.EventKind)) bool { return f == &fn })
	}
}

func (o *Oracle[K, V]) notify(it *item[K, V], why lastmodstore.EventKind) {
	for _, fn := range o.listeners {
		(*fn)(it.key, it.e, why)
	}
}

// record remembers what happened at o.last.
func (o *Oracle[K, V]) record(kind lastmodstore.EventKind, it *item[K, V]) {
	if !o.remembers {
		o.horizon = o.last
		return
	}
	o.records = append(o.records, lastmodstore.Event[K, V]{Kind: kind, Key: it.key, Entry: it.e, At: o.last})
	if len(o.records) > o.config.RemovalLog {
		o.horizon = o.records[0].At
		o.records = o.records[1:]
	}
}

func (o *Oracle[K, V]) forgetRecords() { o.records, o.expiries, o.horizon = nil, nil, o.last }

// raiseWatermark raises the watermark to the position of a watcher that has caught
// up: whatever happens from now on must get a later time.
func (o *Oracle[K, V]) raiseWatermark(since, now time.Time) {
	o.remembers = true
	if o.replicated {
		return
	}
	if since.After(now) {
		since = now
	}
	o.watermark = later(o.watermark, since)
}

// Watch yields the events that are there, and does not wait for more.
func (o *Oracle[K, V]) Watch(_ context.Context, since time.Time) iter.Seq[lastmodstore.Event[K, V]] {
	now := o.begin()
	zero := since.IsZero()
	since = later(since, earliest)
	switch {
	case o.closed:
		return slices.Values[[]lastmodstore.Event[K, V]](nil)
	case !zero && (o.horizon.After(since) || since.After(later(now.Add(o.ahead), later(o.last, o.watermark)))):
		since = later(o.last, o.horizon)
		o.raiseWatermark(since, now)
		return slices.Values([]lastmodstore.Event[K, V]{{Kind: lastmodstore.Resync, At: since}, o.caughtUp(since)})
	}
	o.raiseWatermark(since, now)
	var events []lastmodstore.Event[K, V]
	for i, r := range o.records {
		if r.At.After(since) && o.newest(r.Key) == i {
			events = append(events, o.recorded(r, now, zero)...)
		}
	}
	for _, it := range o.items {
		if at := it.e.LastModified; at.After(since) && !expired(it, now) && !(it.outOfOrder && o.newest(it.key) >= 0) {
			events = append(events, lastmodstore.Event[K, V]{Kind: lastmodstore.Modified, Key: it.key, Entry: it.e, At: at})
		}
	}
	slices.SortStableFunc(events, func(a, b lastmodstore.Event[K, V]) int { return a.At.Compare(b.At) })
	for i := 1; i < len(events); i++ { // At is never equal for two
		if least := events[i-1].At.Add(1); events[i].At.Before(least) {
			events[i].At = least
		}
	}
	return slices.Values(append(events, o.caughtUp(since)))
}

// caughtUp returns the event that ends what is there, in a loop from since.
func (o *Oracle[K, V]) caughtUp(since time.Time) lastmodstore.Event[K, V] {
	at := later(since, o.last)
	if at.Equal(earliest) {
		at = time.Time{} // nothing has happened yet
	}
	return lastmodstore.Event[K, V]{Kind: lastmodstore.CaughtUp, At: at}
}

// recorded returns the event that r stands for now: a removal if the key is still
// absent, unless the watcher starts at zero; a Merge if its entry is still there.
func (o *Oracle[K, V]) recorded(r lastmodstore.Event[K, V], now time.Time, zero bool) []lastmodstore.Event[K, V] {
	it := o.find(r.Key)
	live := it != nil && !expired(it, now)
	switch {
	case r.Kind == lastmodstore.Modified && live && it.outOfOrder:
		r.Key, r.Entry = it.key, it.e // of 0 and -0 the one that is held
	case r.Kind != lastmodstore.Modified && !live && !zero:
	default:
		return nil
	}
	return []lastmodstore.Event[K, V]{r}
}

// noteExpired remembers that an entry of key expired, up to the limit of the log.
func (o *Oracle[K, V]) noteExpired(key K, modified, deadline time.Time) {
	if o.merges.IsZero() || !o.merges.Before(deadline) {
		return
	}
	for i := range o.expiries {
		if o.expiries[i].key == key {
			o.expiries[i].modified = modified
			return
		}
	}
	o.expiries = append(o.expiries, expiry[K]{key, modified})
	if len(o.expiries) > o.config.RemovalLog {
		o.expiries = o.expiries[1:]
	}
}

// expiredLater reports whether an entry of key is known to have expired that was
// modified at or after at.
func (o *Oracle[K, V]) expiredLater(key K, at time.Time) bool {
	return slices.ContainsFunc(o.expiries, func(x expiry[K]) bool { return x.key == key && !at.After(x.modified) })
}

// newest returns the index of the newest record of key, or -1.
func (o *Oracle[K, V]) newest(key K) int {
	for i, r := range slices.Backward(o.records) {
		if r.Key == key {
			return i
		}
	}
	return -1
}
