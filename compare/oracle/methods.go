package oracle

import (
	"time"

	"github.com/lastmodstore/lastmodstore"
)

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
