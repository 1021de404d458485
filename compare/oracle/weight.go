package oracle

import (
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// weightOf returns the weight of value under key, or 0 without MaxWeight.
func (o *Oracle[K, V]) weightOf(key K, value V) int {
	if o.weigh == nil {
		return 0
	}
	return o.weigh(key, value)
}

// weight returns the total weight of the entries held.
func (o *Oracle[K, V]) weight() (sum int) {
	for _, it := range o.items {
		sum += it.weight
	}
	return sum
}

// roomForWeight makes room for value in place of it, or as a new entry if it is nil, by
// removing expired entries. It does nothing in a SetMany, which calls expireForWeight for
// the whole batch.
func (o *Oracle[K, V]) roomForWeight(it *item[K, V], key K, value V, now time.Time) error {
	if !o.batch.IsZero() {
		return nil
	}
	added, replaced := o.weightOf(key, value), 0
	if it != nil {
		replaced = it.weight
	}
	return o.expireForWeight(added, replaced, now)
}

// expireForWeight makes room for added in place of replaced by removing expired entries,
// as far as there are any.
func (o *Oracle[K, V]) expireForWeight(added, replaced int, now time.Time) error {
	if added > o.config.MaxWeight {
		return lastmodstore.ErrFull
	}
	for o.weight()-replaced+added > o.config.MaxWeight {
		if !o.expireFirst(now) {
			return o.full()
		}
	}
	return nil
}

// evictWeight evicts entries that weigh something, other than stored, until the others
// are within the limit. It does nothing in a SetMany before stored is nil.
func (o *Oracle[K, V]) evictWeight(stored *item[K, V], now time.Time) {
	if stored != nil && !o.batch.IsZero() {
		return
	}
	for o.weight() > o.config.MaxWeight {
		o.evict(now, func(it *item[K, V]) bool { return it != stored && it.weight > 0 })
	}
}
