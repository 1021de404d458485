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
// removing expired entries and then evicting others that weigh something. It does nothing
// in a SetMany of several keys, which makes room for the whole batch.
func (o *Oracle[K, V]) roomForWeight(it *item[K, V], key K, value V, now time.Time) error {
	if !o.batch.IsZero() {
		return nil
	}
	added, replaced := o.weightOf(key, value), 0
	if it != nil {
		replaced = it.weight
	}
	if err := o.expireForWeight(added, replaced, now); err != nil {
		return err
	}
	for o.weight()-replaced+added > o.config.MaxWeight {
		o.evict(now, func(other *item[K, V]) bool { return other != it && other.weight > 0 })
	}
	return nil
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

// evictForBatch evicts entries that weigh something and are not in the batch, until the
// total is within the limit.
func (o *Oracle[K, V]) evictForBatch(now time.Time) {
	for o.weight() > o.config.MaxWeight {
		o.evict(now, func(it *item[K, V]) bool { return it.weight > 0 })
	}
}
