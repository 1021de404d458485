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
		o.evict(now)
	}
	return nil
}

// expireFor makes room for n entries by removing expired ones, as far as there are any.
func (o *Oracle[K, V]) expireFor(n int, now time.Time) error {
	for o.bounded() && len(o.items)+n > o.config.MaxEntries {
		var first *item[K, V]
		for _, it := range o.items {
			if expired(it, now) && (first == nil || it.e.ExpiresAt.Before(first.e.ExpiresAt)) {
				first = it
			}
		}
		switch {
		case first != nil:
			o.expire(first, now)
		case o.config.RejectWhenFull:
			return lastmodstore.ErrFull
		default:
			return nil
		}
	}
	return nil
}

// Unbounded reports whether the oracle has no capacity.
func (o *Oracle[K, V]) Unbounded() bool { return !o.bounded() }

func (o *Oracle[K, V]) bounded() bool { return o.config.MaxEntries > 0 }

func (o *Oracle[K, V]) evict(now time.Time) {
	i := max(0, slices.Index(o.items, o.hand))
	for o.items[i].read || o.inBatch(o.items[i]) {
		if o.inBatch(o.items[i]) {
			i = 0
			continue
		}
		o.items[i].read = false
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
