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
