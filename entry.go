package lastmodstore

import (
	"errors"
	"time"
)

// Durations with a meaning of their own, wherever a TTL is asked for. A TTL that
// is computed from a deadline can have these values by accident: use [Until].
const (
	// NoExpiry means that the entry stays until it is deleted.
	NoExpiry time.Duration = 0
	// KeepTTL keeps the present entry's deadline; for an absent key it is NoExpiry.
	KeepTTL time.Duration = -1
)

// Entry is a value with its times. Changing an Entry changes no store; but what
// Value refers to, such as the elements of a slice, is shared with the store and
// with everybody who reads it, and must not be modified.
type Entry[V any] struct {
	Value        V
	LastModified time.Time     // strictly increasing over one store's modifications
	TTL          time.Duration // as last given; NoExpiry if it never expires
	ExpiresAt    time.Time     // zero if it never expires; ExpiresAt - TTL is when the deadline was set
}

// Errors that the methods of a [Store] return. Test for them with [errors.Is].
var (
	// ErrClosed means that the store is closed.
	ErrClosed = errors.New("lastmodstore: the store is closed")
	// ErrInvalidTTL means that a TTL was negative and not KeepTTL.
	ErrInvalidTTL = errors.New("lastmodstore: invalid TTL: use a positive duration, NoExpiry, KeepTTL or Until(t)")
	// ErrInvalidKey means that a key is not equal to itself (NaN).
	ErrInvalidKey = errors.New("lastmodstore: invalid key: it is not equal to itself (NaN), so no entry could be found by it")
	// ErrFull means that the store holds MaxEntries and RejectWhenFull is set, or
	// that a batch is larger than MaxEntries.
	ErrFull = errors.New("lastmodstore: the store is full: delete entries, raise MaxEntries or let it evict")
	// ErrNotNumber means that Add was called on a store whose values are not numbers.
	ErrNotNumber = errors.New("lastmodstore: not a number: Add needs a store of integers or floats")
	// ErrClockSkew means that a merged entry was modified more than a minute
	// ahead of this store's clock.
	ErrClockSkew = errors.New("lastmodstore: merged entry is over a minute in the future: synchronise the clocks")
)

// Stats is a snapshot of a store's counters, which start at zero when it is
// opened.
type Stats struct {
	Entries          int           // held now, including those that have expired but were not swept
	Hits             uint64        // reads of one key that found it; counted with CountReads
	Misses           uint64        // reads of one key that did not; counted with CountReads
	Sets             uint64        // entries stored, by whichever method
	Deletes          uint64        // live entries removed by key; Clear is not counted
	Expirations      uint64        // expired entries removed, by whichever method, including Clear
	Evictions        uint64        // live entries removed to make room
	PendingRemovals  int           // calls of OnRemove functions that are due
	Sweeps           uint64        // cleanups that ran to their end, in the background or by Cleanup
	LongestSweepStep time.Duration // the longest that cleanup kept others waiting
}
