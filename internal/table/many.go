package table

import (
	"hash/maphash"
	"slices"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// What callers do for many keys before and after the message or the lock, to keep that
// short. An unhashable key panics here, in the caller.

// Lookups prepares a GetMany of keys. It uses the capacity of old, which is cleared, if
// that suffices.
func Lookups[K comparable, V any](old []Lookup[V], seed maphash.Seed, keys []K) []Lookup[V] {
	lookups := slices.Grow(old[:0], len(keys))[:len(keys)]
	for i, key := range keys {
		lookups[i] = NewLookup[V](Hash(seed, key))
	}
	return lookups
}

// NewLookup prepares the lookup of a key with the hash h.
func NewLookup[V any](h uint64) Lookup[V] { return Lookup[V]{hash: Short(h)} }

// Found returns the entries of those keys whose lookup found one.
func Found[K comparable, V any](line *timeline.Timeline, keys []K, lookups []Lookup[V]) map[K]lastmodstore.Entry[V] {
	found := make(map[K]lastmodstore.Entry[V], len(keys))
	AddFound(found, line, keys, lookups)
	return found
}

// AddFound adds the entries of those keys whose lookup found one.
func AddFound[K comparable, V any](found map[K]lastmodstore.Entry[V], line *timeline.Timeline, keys []K, lookups []Lookup[V]) {
	for i := range lookups {
		if l := &lookups[i]; l.ok {
			found[keys[i]] = newEntry(line, l.value, l.times)
		}
	}
}

// Assignments prepares a SetMany of values.
func Assignments[K comparable, V any](seed maphash.Seed, values map[K]V) []Assignment[K, V] {
	all := make([]Assignment[K, V], 0, len(values))
	for key, value := range values {
		all = append(all, NewAssignment(Hash(seed, key), key, value))
	}
	return all
}

// NewAssignment prepares the assignment of value to key, whose hash is h.
func NewAssignment[K comparable, V any](h uint64, key K, value V) Assignment[K, V] {
	return Assignment[K, V]{Hash: Short(h), Key: key, Value: value}
}
