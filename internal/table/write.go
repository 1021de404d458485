package table

import (
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

func checkTTL(ttl time.Duration) error {
	if ttl < 0 && ttl != lastmodstore.KeepTTL {
		return lastmodstore.ErrInvalidTTL
	}
	return nil
}

func checkKey[K comparable](key K) error {
	if key != key { //nolint:staticcheck // true for NaN only
		return lastmodstore.ErrInvalidKey
	}
	return nil
}

func check[K comparable](key K, ttl time.Duration) error {
	if err := checkKey(key); err != nil {
		return err
	}
	return checkTTL(ttl)
}

// Set stores value under key.
func (t *Table[K, V]) Set(h uint32, key K, value V, ttl time.Duration, now int64) error {
	if err := check(key, ttl); err != nil {
		return err
	}
	i, at := t.live(h, key, now)
	_, err := t.put(i, at, h, key, value, ttl, now)
	return err
}

// SetIfUnmodifiedSince stores value under the condition that lastmodstore.Writer
// documents.
func (t *Table[K, V]) SetIfUnmodifiedSince(h uint32, key K, value V, ttl time.Duration, since time.Time, now int64, c *Copy[V]) (stored bool, err error) {
	if err := check(key, ttl); err != nil {
		return false, err
	}
	i, at := t.live(h, key, now)
	switch {
	case i == none && !since.IsZero():
		return false, nil
	case i != none && (since.IsZero() || t.slots.at(i).modified > t.line.Nanos(since)):
		t.copyTo(c, i)
		return false, nil
	}
	if i, err = t.put(i, at, h, key, value, ttl, now); err != nil {
		return false, err
	}
	t.copyTo(c, i)
	return true, nil
}

// Add adds delta to the number stored under key.
func (t *Table[K, V]) Add(h uint32, key K, delta V, ttl time.Duration, now int64, c *Copy[V]) error {
	if err := check(key, ttl); err != nil {
		return err
	}
	if t.sum == nil {
		return lastmodstore.ErrNotNumber
	}
	i, at := t.live(h, key, now)
	if i != none {
		delta, ttl = t.sum(t.slots.at(i).value, delta), lastmodstore.KeepTTL
	}
	i, err := t.put(i, at, h, key, delta, ttl, now)
	if err != nil {
		return err
	}
	t.copyTo(c, i)
	return nil
}

// An Assignment is one key of a SetMany.
type Assignment[K comparable, V any] struct {
	Hash   uint32
	Key    K
	Value  V
	weight uint64
	done   bool
}

// SetMany stores all or, with an error, none. If there are readers without a lock, and
// more than one assignment, the caller calls Hide before and Show after it. A table with a
// capacity stores the keys that are present first, so that none of them is evicted to make
// room for another.
func (t *Table[K, V]) SetMany(all []Assignment[K, V], ttl time.Duration, now int64) error {
	if err := checkTTL(ttl); err != nil {
		return err
	}
	for i := range all {
		if err := checkKey(all[i].Key); err != nil {
			return err
		}
	}
	if err := t.roomFor(all, now); err != nil {
		return err
	}
	if len(all) == 1 { // readers see it at once, so it must not make room at the end
		a := &all[0]
		t.Weigh(a.weight)
		return t.Set(a.Hash, a.Key, a.Value, ttl, now)
	}
	first := t.last + 1
	t.weights.inBatch = true
	for i := range all {
		a := &all[i]
		if slot, at := t.live(a.Hash, a.Key, now); slot != none || !t.hasCapacity() {
			t.Weigh(a.weight)
			t.put(slot, at, a.Hash, a.Key, a.Value, ttl, now)
			a.done = true
		}
	}
	for i := range all {
		if a := &all[i]; !a.done {
			t.evictFor(1, first, now)
			t.Weigh(a.weight)
			t.put(none, nil, a.Hash, a.Key, a.Value, ttl, now)
		}
	}
	t.endBatch(first, now)
	if t.hand != none && t.slots.at(t.hand).modified >= first {
		t.hand = none // where it would move next; it must not depend on the order of the batch
	}
	return nil
}

// roomFor returns ErrFull if a table with a capacity cannot hold all at once.
func (t *Table[K, V]) roomFor(all []Assignment[K, V], now int64) error {
	if !t.isBounded() {
		return nil
	}
	if t.hasCapacity() && len(all) > t.config.MaxEntries {
		return lastmodstore.ErrFull
	}
	added, err := t.batchWeight(all)
	if err != nil {
		return err
	}
	fresh, replaced := 0, uint64(0)
	for i := range all {
		slot, _ := t.live(all[i].Hash, all[i].Key, now)
		if slot == none {
			fresh++
		}
		replaced += t.weightOf(slot)
	}
	if t.hasCapacity() {
		if err := t.expireFor(fresh, now); err != nil {
			return err
		}
	}
	return t.expireForWeight(added, replaced, now)
}

// put stores value as a new version of the entry of slot i, or as a new entry if i is
// none, and returns its slot. At is the cell of slot i.
func (t *Table[K, V]) put(i uint32, at *uint64, h uint32, key K, value V, ttl time.Duration, now int64) (uint32, error) {
	if t.isWeighed() {
		var err error
		if i, at, err = t.admit(i, at, h, key, now); err != nil {
			return none, err
		}
	}
	if i == none {
		if err := t.makeRoom(now); err != nil {
			return none, err
		}
	} else {
		t.enqueue(i, lastmodstore.Replaced, max(now, t.last+1))
	}
	j, s := t.draft(i, h, key)
	kept := s.times
	s.value, s.modified = value, t.nextStamp(now)
	s.setOutOfOrder(false)
	s.applyTTL(ttl, now)
	t.publish(h, i, j, at)
	if i != none {
		t.unlink(i)
	}
	t.linkLast(j)
	t.replaceSlot(i, j, kept.deadline)
	t.sets++
	if t.isWeighed() {
		t.addWeight(i, j)
	}
	return j, nil
}

// applyTTL sets the deadline that ttl asks for.
func (a *times) applyTTL(ttl time.Duration, now int64) {
	switch ttl {
	case lastmodstore.KeepTTL:
	case lastmodstore.NoExpiry:
		a.setDeadline(timeline.Never, 0)
	default:
		a.setDeadline(timeline.Deadline(now, ttl), int64(ttl))
	}
}

func (a *times) setDeadline(deadline, ttl int64) {
	if a.deadline = deadline; deadline == timeline.Never {
		ttl = 0
	}
	a.setTTL(ttl)
}

// Touch gives the entry of key a new deadline.
func (t *Table[K, V]) Touch(h uint32, key K, ttl time.Duration, now int64) (bool, error) {
	if err := check(key, ttl); err != nil {
		return false, err
	}
	i, at := t.live(h, key, now)
	if i == none {
		return false, nil
	}
	j, s := t.draft(i, h, key)
	kept := s.deadline
	s.applyTTL(ttl, now)
	t.publish(h, i, j, at)
	t.replaceInOrder(i, j)
	t.replaceSlot(i, j, kept)
	return true, nil
}

// Delete removes the entry of key.
func (t *Table[K, V]) Delete(h uint32, key K, now int64) (bool, error) {
	if err := checkKey(key); err != nil {
		return false, err
	}
	i, _ := t.live(h, key, now)
	if i == none {
		return false, nil
	}
	t.delete(i, now)
	return true, nil
}

// GetAndDelete removes the entry of key and returns what it removed.
func (t *Table[K, V]) GetAndDelete(h uint32, key K, now int64, c *Copy[V]) (ok bool, err error) {
	if err := checkKey(key); err != nil {
		return false, err
	}
	i, _ := t.live(h, key, now)
	if i == none {
		return false, nil
	}
	t.copyTo(c, i)
	t.delete(i, now)
	return true, nil
}

func (t *Table[K, V]) delete(i uint32, now int64) {
	t.remove(i, lastmodstore.Deleted, now)
	t.stats.Deletes++
}

// DeleteIfUnmodifiedSince removes the entry of key if it was last modified at or before since.
func (t *Table[K, V]) DeleteIfUnmodifiedSince(h uint32, key K, since time.Time, now int64) (bool, error) {
	if err := checkKey(key); err != nil {
		return false, err
	}
	i, _ := t.live(h, key, now)
	if i == none || since.IsZero() || t.slots.at(i).modified > t.line.Nanos(since) {
		return false, nil
	}
	t.delete(i, now)
	return true, nil
}

// Clear removes every entry at once and returns what it removed. It counts no
// expirations: see CountCleared.
func (t *Table[K, V]) Clear(now int64) Cleared[K, V] {
	t.nextStamp(now)
	c := &Cleared[K, V]{t.slots, t.heap, t.head, now}
	t.enqueueAll(c)
	t.Reset()
	return *c
}

// CountCleared adds the number of expired entries that Clear removed to the counters.
func (t *Table[K, V]) CountCleared(expired int) { t.stats.Expirations += uint64(expired) }

// CountSweepStep records that a sweep step took d and whether it was the sweep's last.
func (t *Table[K, V]) CountSweepStep(d int64, last bool) {
	t.stats.LongestSweepStep = max(t.stats.LongestSweepStep, time.Duration(d))
	if last {
		t.stats.Sweeps++
	}
}
