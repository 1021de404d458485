package table

import (
	"hash/maphash"
	"slices"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// What callers do before and after a message or lock about many keys, so that
// it is short. An unhashable key panics here, in the caller.

// Lookups prepares a GetMany of keys, in the memory of
// old, a cleared one, if that is enough.
func Lookups[K comparable, V any](old []Lookup[V], seed maphash.Seed, keys []K) []Lookup[V] {
	lookups := slices.Grow(old[:0], len(keys))[:len(keys)]
	for i, key := range keys {
		lookups[i].hash = Hash(seed, key)
	}
	return lookups
}

// Found is the map of those keys whose lookup found something.
func Found[K comparable, V any](line *timeline.Timeline, keys []K, lookups []Lookup[V]) map[K]lastmodstore.Entry[V] {
	found := make(map[K]lastmodstore.Entry[V], len(keys))
	for i := range lookups {
		if l := &lookups[i]; l.ok {
			found[keys[i]] = newEntry(line, l.value, l.times)
		}
	}
	return found
}

// Assignments prepares a SetMany of values.
func Assignments[K comparable, V any](seed maphash.Seed, values map[K]V) []Assignment[K, V] {
	all := make([]Assignment[K, V], 0, len(values))
	for key, value := range values {
		all = append(all, Assignment[K, V]{Hash: Hash(seed, key), Key: key, Value: value})
	}
	return all
}
