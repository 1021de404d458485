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

// RejectWhenFull makes a store with MaxEntries return ErrFull for a new key
// instead of evicting an entry. Expired entries are still removed to make room.
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
