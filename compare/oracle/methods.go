package oracle

import (
	"time"

	"github.com/lastmodstore/lastmodstore"
)

func (o *Oracle[K, V]) Get(key K) (value V, ok bool) {
	if it := o.present(key, o.begin()); it != nil {
		return it.e.Value, true
	}
	return value, false
}

func (o *Oracle[K, V]) GetEntry(key K) (e lastmodstore.Entry[V], ok bool) {
	if it := o.present(key, o.begin()); it != nil {
		return it.e, true
	}
	return e, false
}

func (o *Oracle[K, V]) GetLastModified(key K) (t time.Time, ok bool) {
	e, ok := o.GetEntry(key)
	return e.LastModified, ok
}

func (o *Oracle[K, V]) GetMany(keys []K) map[K]lastmodstore.Entry[V] {
	found := map[K]lastmodstore.Entry[V]{}
	for _, key := range keys {
		if e, ok := o.GetEntry(key); ok {
			found[key] = e
		}
	}
	return found
}

func (o *Oracle[K, V]) Len() int {
	o.begin()
	return len(o.items)
}

func (o *Oracle[K, V]) Stats() lastmodstore.Stats {
	if o.begin(); o.closed {
		return lastmodstore.Stats{}
	}
	stats := o.stats
	stats.Entries = len(o.items)
	stats.Weight, stats.MaxWeight = o.weight(), o.config.MaxWeight
	return stats
}

func (o *Oracle[K, V]) Set(key K, value V, ttl time.Duration) error {
	now := o.begin()
	if o.closed {
		return lastmodstore.ErrClosed
	}
	if err := check(key, ttl); err != nil {
		return err
	}
	_, err := o.put(o.live(key, now), key, value, ttl, now)
	return err
}

func (o *Oracle[K, V]) SetMany(values map[K]V, ttl time.Duration) error {
	var keys []K
	for key := range values {
		keys = append(keys, key)
	}
	return o.SetInOrder(keys, nil, values, ttl)
}

// SetInOrder is SetMany in the order that another store took: one with a capacity
// takes the present keys first. It removes those that had expired in the order of
// expired.
func (o *Oracle[K, V]) SetInOrder(keys, expired []K, values map[K]V, ttl time.Duration) error {
	now := o.begin()
	if o.closed {
		return lastmodstore.ErrClosed
	}
	var none K
	if err := check(none, ttl); err != nil {
		return err
	}
	for key := range values {
		if err := check(key, ttl); err != nil {
			return err
		}
	}
	if o.bounded() && len(values) > o.config.MaxEntries {
		return lastmodstore.ErrFull
	}
	fresh, added, replaced := 0, 0, 0
	for key, value := range values {
		added += o.weightOf(key, value)
	}
	if added > o.config.MaxWeight {
		return lastmodstore.ErrFull
	}
	for _, key := range expired {
		if _, ok := values[key]; ok {
			o.live(key, now)
		}
	}
	for key := range values {
		if it := o.live(key, now); it != nil {
			replaced += it.weight
		} else {
			fresh++
		}
	}
	if err := o.expireFor(fresh, now); err != nil {
		return err
	}
	if err := o.expireForWeight(added, replaced, now); err != nil {
		return err
	}
	if len(values) > 1 { // otherwise it is a Set
		o.batch = o.last.Add(1)
	}
	defer func() { o.batch = time.Time{} }()
	for _, key := range keys {
		if _, err := o.put(o.live(key, now), key, values[key], ttl, now); err != nil {
			return err
		}
	}
	o.evictForBatch(now)
	if o.hand != nil && o.inBatch(o.hand) {
		o.hand = nil
	}
	return nil
}

func (o *Oracle[K, V]) SetIfUnmodifiedSince(key K, value V, ttl time.Duration, t time.Time) (e lastmodstore.Entry[V], ok bool, err error) {
	now := o.begin()
	if o.closed {
		return e, false, lastmodstore.ErrClosed
	}
	if err := check(key, ttl); err != nil {
		return e, false, err
	}
	it := o.live(key, now)
	switch {
	case it == nil && !t.IsZero():
		return e, false, nil
	case it != nil && (t.IsZero() || it.e.LastModified.After(t)):
		return it.e, false, nil
	}
	e, err = o.put(it, key, value, ttl, now)
	return e, err == nil, err
}

func (o *Oracle[K, V]) Add(key K, delta V, ttl time.Duration) (e lastmodstore.Entry[V], err error) {
	now := o.begin()
	if o.closed {
		return e, lastmodstore.ErrClosed
	}
	if err := check(key, ttl); err != nil {
		return e, err
	}
	if o.sum == nil {
		return e, lastmodstore.ErrNotNumber
	}
	it := o.live(key, now)
	if it != nil {
		delta, ttl = o.sum(it.e.Value, delta), lastmodstore.KeepTTL
	}
	return o.put(it, key, delta, ttl, now)
}

func (o *Oracle[K, V]) Touch(key K, ttl time.Duration) (bool, error) {
	now := o.begin()
	if o.closed {
		return false, lastmodstore.ErrClosed
	}
	if err := check(key, ttl); err != nil {
		return false, err
	}
	it := o.live(key, now)
	if it != nil {
		o.renew(it, ttl, now)
	}
	return it != nil, nil
}

func (o *Oracle[K, V]) Delete(key K) (bool, error) {
	return o.DeleteIfUnmodifiedSince(key, time.Unix(1<<40, 0))
}

func (o *Oracle[K, V]) GetAndDelete(key K) (e lastmodstore.Entry[V], ok bool, err error) {
	if now := o.begin(); !o.closed && key == key { //nolint:staticcheck // not NaN
		if it := o.live(key, now); it != nil {
			e = it.e
		}
	}
	ok, err = o.Delete(key)
	return e, ok, err
}

func (o *Oracle[K, V]) DeleteIfUnmodifiedSince(key K, t time.Time) (bool, error) {
	now := o.begin()
	if o.closed {
		return false, lastmodstore.ErrClosed
	}
	if err := check(key, 0); err != nil {
		return false, err
	}
	it := o.live(key, now)
	if it == nil || it.e.LastModified.After(t) {
		return false, nil
	}
	o.remove(it, lastmodstore.Deleted, now)
	o.stats.Deletes++
	return true, nil
}

func (o *Oracle[K, V]) Merge(key K, e lastmodstore.Entry[V]) (bool, error) {
	now := o.begin()
	if o.closed {
		return false, lastmodstore.ErrClosed
	}
	if err := check(key, 0); err != nil {
		return false, err
	}
	if !e.ExpiresAt.IsZero() && e.TTL < 0 {
		return false, lastmodstore.ErrInvalidTTL
	}
	if e.LastModified.After(now.Add(time.Minute)) {
		return false, lastmodstore.ErrClockSkew
	}
	if oldest := earliest.Add(1); e.LastModified.Before(oldest) {
		e.LastModified = oldest
	}
	if e.ExpiresAt.IsZero() || !e.ExpiresAt.Before(latest) {
		e.TTL, e.ExpiresAt = lastmodstore.NoExpiry, time.Time{}
	}
	old := o.live(key, now)
	if o.merges.IsZero() {
		o.merges = now
	}
	fresh := &item[K, V]{key: key, e: e}
	if expired(fresh, now) || old != nil && !e.LastModified.After(old.e.LastModified) || o.expiredLater(key, e.LastModified) {
		return false, nil
	}
	if err := o.roomForWeight(old, key, e.Value, now); err != nil {
		return false, err
	}
	fresh.weight = o.weightOf(key, e.Value)
	if old == nil {
		if err := o.room(now); err != nil {
			return false, err
		}
	} else {
		o.notify(old, lastmodstore.Replaced)
		fresh.key, fresh.read = old.key, old.read // 0 and -0 are equal
		o.unlink(old)
	}
	o.link(fresh)
	o.given = later(o.given, e.LastModified)
	if o.loose != nil {
		o.loose.merged(key, e.LastModified)
	}
	fresh.outOfOrder = !e.LastModified.After(later(o.last, o.watermark))
	o.last = later(o.last, e.LastModified)
	if fresh.outOfOrder {
		o.tick(now)
		o.record(lastmodstore.Modified, fresh)
	}
	o.stats.Sets++
	return true, nil
}

func (o *Oracle[K, V]) Clear() error {
	now := o.begin()
	if o.closed {
		return lastmodstore.ErrClosed
	}
	o.tick(now)
	for _, it := range o.items {
		if expired(it, now) {
			o.notify(it, lastmodstore.Expired)
			o.stats.Expirations++
		} else {
			o.notify(it, lastmodstore.Cleared)
		}
	}
	o.items, o.hand = nil, nil
	o.forgetRecords()
	return nil
}

func (o *Oracle[K, V]) Cleanup() int {
	now := o.begin()
	if o.closed {
		return 0
	}
	o.stats.Sweeps++
	return o.sweep(now)
}

func (o *Oracle[K, V]) Done() <-chan struct{} { return o.done }

func (o *Oracle[K, V]) Close() error {
	if o.begin(); !o.closed {
		close(o.done)
	}
	o.closed = true
	o.items, o.hand = nil, nil
	return nil
}
