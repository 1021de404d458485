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
	remembers bool                       // there are records: from the start, or since the first Watch
	horizon   time.Time                  // something that happened until then is forgotten
	promised  time.Time                  // what happens from now on is later
	merges    time.Time                  // of the first Merge; zero: there was none
	gone      []expiry[K]                // the last entries that expired since then, each key once
	listeners []*func(K, lastmodstore.Entry[V], lastmodstore.EventKind)
}

// An expiry says when an entry that has expired was last modified.
type expiry[K comparable] struct {
	key      K
	modified time.Time
}

// OnRemove calls fn at once. The engines do it a little later.
func (o *Oracle[K, V]) OnRemove(fn func(key K, e lastmodstore.Entry[V], why lastmodstore.EventKind)) (stop func()) {
	o.listeners = append(o.listeners, &fn)
	return func() {
		o.listeners = slices.DeleteFunc(o.listeners, func(f *func(K, lastmodstore.Entry[V], lastmodstore.EventKind)) bool { return f == &fn })
	}
}

func (o *Oracle[K, V]) handOver(it *item[K, V], why lastmodstore.EventKind) {
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

func (o *Oracle[K, V]) forgetRecords() { o.records, o.gone, o.horizon = nil, nil, o.last }

// promise is what a watcher that has caught up makes of its position: nothing
// that happens from now on may have a time that it has passed.
func (o *Oracle[K, V]) promise(since, now time.Time) {
	o.remembers = true
	if since.After(now) {
		since = now
	}
	o.promised = later(o.promised, since)
}

// Watch yields what is there to see, and does not wait for more.
func (o *Oracle[K, V]) Watch(_ context.Context, since time.Time) iter.Seq[lastmodstore.Event[K, V]] {
	now := o.begin()
	zero := since.IsZero()
	since = later(since, earliest)
	switch {
	case o.closed:
		return slices.Values[[]lastmodstore.Event[K, V]](nil)
	case !zero && (o.horizon.After(since) || since.After(later(now, later(o.last, o.promised)))):
		since = later(o.last, o.horizon)
		o.promise(since, now)
		return slices.Values([]lastmodstore.Event[K, V]{{Kind: lastmodstore.Resync, At: since}})
	}
	o.promise(since, now)
	var events []lastmodstore.Event[K, V]
	for i, r := range o.records {
		if r.At.After(since) && o.newest(r.Key) == i {
			events = append(events, o.recorded(r, now, zero)...)
		}
	}
	for _, it := range o.items {
		if at := it.e.LastModified; at.After(since) && !expired(it, now) && !(it.late && o.newest(it.key) >= 0) {
			events = append(events, lastmodstore.Event[K, V]{Kind: lastmodstore.Modified, Key: it.key, Entry: it.e, At: at})
		}
	}
	slices.SortStableFunc(events, func(a, b lastmodstore.Event[K, V]) int { return a.At.Compare(b.At) })
	for i := 1; i < len(events); i++ { // At is never equal for two
		if least := events[i-1].At.Add(1); events[i].At.Before(least) {
			events[i].At = least
		}
	}
	return slices.Values(events)
}

// recorded is what r shows now: a removal if the key is still absent, and not to
// one who asks for what is there; a Merge if its entry is.
func (o *Oracle[K, V]) recorded(r lastmodstore.Event[K, V], now time.Time, zero bool) []lastmodstore.Event[K, V] {
	it := o.find(r.Key)
	live := it != nil && !expired(it, now)
	switch {
	case r.Kind == lastmodstore.Modified && live && it.late:
		r.Key, r.Entry = it.key, it.e // of 0 and -0 the one that is held
	case r.Kind != lastmodstore.Modified && !live && !zero:
	default:
		return nil
	}
	return []lastmodstore.Event[K, V]{r}
}

// noteExpired remembers that an entry of key expired, if it is to remember so many.
func (o *Oracle[K, V]) noteExpired(key K, modified, deadline time.Time) {
	if o.merges.IsZero() || !o.merges.Before(deadline) {
		return
	}
	for i := range o.gone {
		if o.gone[i].key == key {
			o.gone[i].modified = modified
			return
		}
	}
	o.gone = append(o.gone, expiry[K]{key, modified})
	if len(o.gone) > o.config.RemovalLog {
		o.gone = o.gone[1:]
	}
}

// expiredLater reports whether an entry of key is known to have expired that was
// modified at or after at.
func (o *Oracle[K, V]) expiredLater(key K, at time.Time) bool {
	return slices.ContainsFunc(o.gone, func(x expiry[K]) bool { return x.key == key && !at.After(x.modified) })
}

// newest is the index of the newest record of key, or -1.
func (o *Oracle[K, V]) newest(key K) int {
	for i, r := range slices.Backward(o.records) {
		if r.Key == key {
			return i
		}
	}
	return -1
}
