package table

import (
	"hash/maphash"

	"github.com/lastmodstore/lastmodstore"
)

// What callers do before and after a message or lock about many keys, so that
// it is short. An unhashable key panics here, in the caller.

// Lookups prepares a GetMany of keys.
func Lookups[K comparable, V any](seed maphash.Seed, keys []K) []Lookup[K, V] {
	lookups := make([]Lookup[K, V], len(keys))
	for i, key := range keys {
		lookups[i].Hash, lookups[i].Key = Hash(seed, key), key
	}
	return lookups
}

// Found is the map of the lookups that found something.
func Found[K comparable, V any](lookups []Lookup[K, V]) map[K]lastmodstore.Entry[V] {
	found := make(map[K]lastmodstore.Entry[V], len(lookups))
	for i := range lookups {
		if l := &lookups[i]; l.OK {
			found[l.Key] = l.Entry
		}
	}
	return found
}

// Assignments prepares a SetMany of values.
func Assignments[K comparable, V any](seed maphash.Seed, values map[K]V) []Assignment[K, V] {
	all := make([]Assignment[K, V], 0, len(values))
	for key, value := range values {
		all = append(all, Assignment[K, V]{Hash(seed, key), key, value})
	}
	return all
}
