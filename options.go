package lastmodstore

import (
	"fmt"

	"github.com/lastmodstore/lastmodstore/internal/config"
)

// Option changes how an engine's New opens a store.
type Option func(*config.Config)

// MaxEntries bounds the store: Len never exceeds n. It panics if n <= 0.
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

// RejectWhenFull makes a store with MaxEntries answer ErrFull to a new key
// instead of evicting another. Room is still made by removing expired entries.
func RejectWhenFull() Option {
	return func(c *config.Config) { c.RejectWhenFull = true }
}

// RemovalLog is how many removals, and merges that fell behind, the change feed
// remembers; without it 1024. Many watchers beside many removals need more: see
// Watch. They keep their keys and values from the garbage
// collector. It panics if n < 0.
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
