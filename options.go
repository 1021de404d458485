package lastmodstore

import (
	"fmt"

	"github.com/lastmodstore/lastmodstore/internal/config"
)

// Option configures a store; it is an argument of an engine's New.
type Option func(*config.Config)

// MaxEntries sets the store's capacity: Len never exceeds n. It panics if n <= 0.
//
// To make room for a new key, the store removes an expired entry. If there is
// none, it evicts one by SIEVE (Zhang et al., NSDI 2024) over the modification
// order: a hand moves from the least recently modified entry towards the newest,
// skips each entry that was read since the hand last passed it, and evicts the
// first one that was not.
func MaxEntries(n int) Option {
	if n <= 0 {
		panic(fmt.Sprintf("lastmodstore: MaxEntries(%d): the capacity must be at least 1; omit the option for no limit", n))
	}
	return func(c *config.Config) { c.MaxEntries = n }
}

// MaxWeight sets the store's capacity by weight: the total weight of the entries held
// never exceeds n. Each call that stores a value calls weigher for its weight, for
// example its size in bytes. The types K and V are inferred from weigher, and New panics
// if they are not those of the store. MaxWeight panics if n <= 0 or weigher is nil.
//
// To make room, the store first removes expired entries and then evicts as many as
// needed, as with MaxEntries, which may be set as well. An entry whose value is replaced
// by a heavier one may cause other entries to be evicted, but what a call stores is never
// evicted by the call itself. Entries of weight 0 do not count, and are evicted only to
// stay within MaxEntries.
//
// A call that would store an entry heavier than n returns [ErrFull] and changes nothing:
// an older value of the key stays. SetMany returns ErrFull for a batch that is heavier
// than n. It evicts none of its own keys, and other callers see the whole batch or
// nothing of it, and never a total above n.
//
// The store calls weigher on the goroutine of its caller, under no lock, so weigher may
// use the store. Its result should depend on its arguments alone, since the store records
// it: Touch does not change it. Weigher is called once for each value, before it is known
// whether the call stores it. But Add weighs the sum, and so calls weigher again if
// another writer changes the number meanwhile. If weigher panics, or returns a negative
// number, the call panics and changes nothing, and the store keeps working.
func MaxWeight[K comparable, V any](n int, weigher func(key K, value V) int) Option {
	if n <= 0 {
		panic(fmt.Sprintf("lastmodstore: MaxWeight(%d): the capacity must be at least 1; omit the option for no limit", n))
	}
	if weigher == nil {
		panic("lastmodstore: MaxWeight: the weigher is nil: pass a function that returns the weight of an entry")
	}
	return func(c *config.Config) { c.MaxWeight, c.Weigher = n, weigher }
}

// RejectWhenFull makes a store with MaxEntries or MaxWeight return ErrFull instead of
// evicting an entry if there is no room for a new key or, with MaxWeight, for a heavier
// value. Expired entries are still removed to make room.
func RejectWhenFull() Option {
	return func(c *config.Config) { c.RejectWhenFull = true }
}

// RemovalLog makes the store remember the last n removals, and merges that arrived
// out of order, for [Watcher].Watch, starting when the store is opened. Without
// this option it remembers 1024, starting with the first Watch. With
// many watchers and many removals, a longer log keeps slow watchers from
// receiving Resync. The store also remembers the keys of up to n expired entries for
// Merge.
//
// What is remembered keeps its key and value from being garbage collected.
// RemovalLog panics if n < 0.
func RemovalLog(n int) Option {
	if n < 0 {
		panic(fmt.Sprintf("lastmodstore: RemovalLog(%d): the number must not be negative; 0 remembers no removals", n))
	}
	return func(c *config.Config) { c.RemovalLog, c.RetainRemovals = n, true }
}

// CountReads counts hits and misses for Stats. It is off by default because
// readers that share a lock then write to the same counter.
func CountReads() Option {
	return func(c *config.Config) { c.CountReads = true }
}
