package lastmodstore

import (
	"fmt"

	"github.com/lastmodstore/lastmodstore/internal/config"
)

// Option changes how an engine's New opens a store.
type Option func(*config.Config)

// MaxEntries sets the store's capacity: Len never exceeds n. It panics if n <= 0.
//
// Room for a new key is made by removing an expired entry, or else by SIEVE
// (Zhang et al., NSDI 2024) over the modification order: a hand moves from the
// least recently modified entry towards the newest, spares each entry that was
// read since it last passed, and evicts the first that was not.
func MaxEntries(n int) Option {
	if n <= 0 {
		panic(fmt.Sprintf("lastmodstore: MaxEntries(%d): a bound must be at least 1; leave the option out for none", n))
	}
	return func(c *config.Config) { c.MaxEntries = n }
}

// RejectWhenFull makes a store with MaxEntries return ErrFull for a new key
// instead of evicting another. Room is still made by removing expired entries.
func RejectWhenFull() Option {
	return func(c *config.Config) { c.RejectWhenFull = true }
}

// RemovalLog makes the change feed remember the last n removals, and merges that
// arrived out of order, from the opening of the store; without it, 1024 from the
// first Watch on. What is remembered keeps its key and value from the garbage
// collector. Many watchers together with many removals need more: see Watch. The
// keys of as many entries that expired are remembered for Merge. It panics if
// n < 0.
func RemovalLog(n int) Option {
	if n < 0 {
		panic(fmt.Sprintf("lastmodstore: RemovalLog(%d): it cannot remember less than nothing; 0 remembers none", n))
	}
	return func(c *config.Config) { c.RemovalLog, c.RetainRemovals = n, true }
}

// CountReads counts hits and misses for Stats. It is off by default because
// readers that share a lock then write to the same counter.
func CountReads() Option {
	return func(c *config.Config) { c.CountReads = true }
}
