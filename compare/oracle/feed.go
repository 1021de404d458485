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
	horizon   time.Time                  // something that happened until then is forgotten
	listeners []*func(K, lastmodstore.Entry[V], lastmodstore.EventKind)
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
	o.records = append(o.records, lastmodstore.Event[K, V]{Kind: kind, Key: it.key, Entry: it.e, At: o.last})
	if len(o.records) > o.config.RemovalLog {
		o.horizon = o.records[0].At
		o.records = o.records[1:]
	}
}

func (o *Oracle[K, V]) forgetRecords() { o.records, o.horizon = nil, o.last }

// Watch yields what is there to see, and does not wait for more.
func (o *Oracle[K, V]) Watch(_ context.Context, since time.Time) iter.Seq[lastmodstore.Event[K, V]] {
	now := o.begin()
	zero := since.IsZero()
	since = later(since, earliest)
	switch {
	case o.closed:
		return slices.Values[[]lastmodstore.Event[K, V]](nil)
	case !zero && o.horizon.After(since):
		return slices.Values([]lastmodstore.Event[K, V]{{Kind: lastmodstore.Resync, At: o.last}})
	}
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

// remembersNewer reports whether an entry of key is known to have expired that was
// modified at or after at.
func (o *Oracle[K, V]) remembersNewer(key K, at time.Time) bool {
	i := o.newest(key)
	return i >= 0 && o.records[i].Kind == lastmodstore.Expired && !at.After(o.records[i].Entry.LastModified)
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
