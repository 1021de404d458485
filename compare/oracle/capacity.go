package oracle

import (
	"slices"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// room makes room for one entry.
func (o *Oracle[K, V]) room(now time.Time) error {
	if err := o.expireFor(1, now); err != nil {
		return err
	}
	if o.bounded() && len(o.items) >= o.config.MaxEntries {
		o.evict(now, func(*item[K, V]) bool { return true })
	}
	return nil
}

// expireFor makes room for n entries by removing expired ones, as far as there are any.
func (o *Oracle[K, V]) expireFor(n int, now time.Time) error {
	for o.bounded() && len(o.items)+n > o.config.MaxEntries {
		if !o.expireFirst(now) {
			return o.full()
		}
	}
	return nil
}

// expireFirst removes the first entry to have expired and reports whether there was one.
func (o *Oracle[K, V]) expireFirst(now time.Time) bool {
	var first *item[K, V]
	for _, it := range o.items {
		if expired(it, now) && (first == nil || it.e.ExpiresAt.Before(first.e.ExpiresAt)) {
			first = it
		}
	}
	if first != nil {
		o.expire(first, now)
	}
	return first != nil
}

// full returns ErrFull if entries are not to be evicted.
func (o *Oracle[K, V]) full() error {
	if o.config.RejectWhenFull {
		return lastmodstore.ErrFull
	}
	return nil
}

// Unbounded reports whether the oracle has no capacity.
func (o *Oracle[K, V]) Unbounded() bool { return !o.bounded() }

func (o *Oracle[K, V]) bounded() bool { return o.config.MaxEntries > 0 }

// evict evicts one of the entries that can be chosen.
func (o *Oracle[K, V]) evict(now time.Time, canBeChosen func(*item[K, V]) bool) {
	i := max(0, slices.Index(o.items, o.hand))
	for o.items[i].read || o.inBatch(o.items[i]) || !canBeChosen(o.items[i]) {
		if o.inBatch(o.items[i]) {
			i = 0
			continue
		}
		if canBeChosen(o.items[i]) {
			o.items[i].read = false
		}
		i = (i + 1) % len(o.items)
	}
	if o.hand = o.items[i]; o.replicated {
		o.hand = nil
	}
	o.remove(o.items[i], lastmodstore.Evicted, now)
	o.stats.Evictions++
}

// inBatch reports whether it was set by the SetMany in progress, which evicts none of
// its own entries.
func (o *Oracle[K, V]) inBatch(it *item[K, V]) bool {
	return !o.batch.IsZero() && !it.e.LastModified.Before(o.batch)
}
