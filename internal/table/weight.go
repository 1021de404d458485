package table

import (
	"math"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// A table with MaxWeight records the weight of each entry, in chunks that only the writer
// uses. Other tables have none. The weight of what a write stores comes with the write,
// since no code of the callers runs here: see weigher.go.
type weighing struct {
	max     uint64
	total   uint64 // of all entries; above max only within a batch
	next    uint64 // of what the next write stores
	inBatch bool   // a SetMany is in progress, which makes room at its end
}

func (t *Table[K, V]) isWeighed() bool { return t.slots.weights != nil }

// initWeights prepares new slots for weights.
func (t *Table[K, V]) initWeights() {
	t.weights = weighing{max: uint64(t.config.MaxWeight)}
	if t.weights.max > 0 {
		of := newChunked[uint64]()
		t.slots.weights = &of
	}
}

// Weigh sets the weight of what the next Set, SetIfUnmodifiedSince, AddTo or Merge
// stores. A table without MaxWeight ignores it.
func (t *Table[K, V]) Weigh(weight uint64) {
	if t.isWeighed() {
		t.weights.next = weight
	}
}

// admit makes room for the weight of what a write stores under key, whose entry is in
// slot i, or none: it removes expired entries and then evicts others, before a reader can
// find what is stored. It returns ErrFull if there can be no room. That may have moved the
// entry, so admit returns its slot and cell. In a batch, admit does nothing.
func (t *Table[K, V]) admit(i uint32, at *uint64, h uint32, key K, now int64) (uint32, *uint64, error) {
	if t.weights.inBatch || t.weights.next <= t.weights.max-t.weights.total {
		return i, at, nil // without a look at the weight in slot i, which may not be in the cache
	}
	added, replaced := t.weights.next, t.weightOf(i)
	if added > t.weights.max {
		return none, nil, lastmodstore.ErrFull
	}
	if !t.isTooHeavy(added, replaced) {
		return i, at, nil
	}
	err := t.expireForWeight(added, replaced, now)
	i, at = t.live(h, key, now)
	for err == nil && t.isTooHeavy(added, replaced) {
		t.evictWeight(math.MaxInt64, i, now)
		i, at = t.live(h, key, now)
	}
	return i, at, err
}

// isTooHeavy reports whether there is no room for added in place of replaced.
func (t *Table[K, V]) isTooHeavy(added, replaced uint64) bool {
	return t.weights.total-replaced > t.weights.max-added
}

// weightOf returns the weight of the entry of slot i, or 0 if i is none.
func (t *Table[K, V]) weightOf(i uint32) uint64 {
	if i == none || !t.isWeighed() {
		return 0
	}
	return *t.slots.weights.at(i)
}

// expireForWeight removes expired entries until there is room for added in place of
// replaced, or none is left. In the latter case it returns ErrFull if the table does not
// evict.
func (t *Table[K, V]) expireForWeight(added, replaced uint64, now int64) error {
	return t.expireWhile(func() bool { return t.isTooHeavy(added, replaced) }, now)
}

// addWeight records the weight of what a write has stored in slot j, in place of the entry
// of slot i, or none.
func (t *Table[K, V]) addWeight(i, j uint32) {
	w := &t.weights
	of := t.slots.weights.at(j) // as in slot i, if that is not none
	if i != none {
		w.total -= *of
	}
	*of = w.next
	w.total += w.next
}

// AddTo is Add in a table that weighs. If s is not the weight of the sum, AddTo sets s to
// what is present, changes nothing and returns false.
func (t *Table[K, V]) AddTo(s *Sum[V], h uint32, key K, delta V, ttl time.Duration, now int64, c *Copy[V]) (done bool, err error) {
	if err := check(key, ttl); err != nil {
		return true, err
	}
	if t.sum == nil {
		return true, lastmodstore.ErrNotNumber
	}
	var value *V
	if i, _ := t.live(h, key, now); i != none {
		value = &t.slots.at(i).value
	}
	if s.isOf(value) {
		t.Weigh(s.weight)
		return true, t.Add(h, key, delta, ttl, now, c)
	}
	if s.present = value != nil; s.present {
		s.value = *value
	}
	return false, nil
}

// evictWeight removes the entry that SIEVE chooses among those that weigh something,
// except for slot spared and what was modified at newest or later. There must be one.
func (t *Table[K, V]) evictWeight(newest int64, spared uint32, now int64) {
	t.hand = t.unmarked(newest, spared, 1)
	t.remove(t.hand, lastmodstore.Evicted, now)
	t.stats.Evictions++
}

// batchWeight returns the weight of all, or ErrFull if that is above the limit.
func (t *Table[K, V]) batchWeight(all []Assignment[K, V]) (sum uint64, err error) {
	for i := range all {
		if all[i].weight > t.weights.max-sum {
			return 0, lastmodstore.ErrFull
		}
		sum += all[i].weight
	}
	return sum, nil
}

// endBatch evicts entries older than first, the time of the batch's first modification,
// until the total is within the limit.
func (t *Table[K, V]) endBatch(first, now int64) {
	t.weights.inBatch = false
	for t.weights.total > t.weights.max {
		t.evictWeight(first, none, now)
	}
}
