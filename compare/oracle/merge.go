package oracle

import (
	"time"

	"github.com/lastmodstore/lastmodstore"
)

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
