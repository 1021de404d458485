package lastmodstore

import (
	"errors"
	"time"
)

// Durations with a special meaning wherever a TTL is expected. A TTL computed
// from a deadline can equal one of them by accident: use [Until].
const (
	// NoExpiry means that the entry never expires.
	NoExpiry time.Duration = 0
	// KeepTTL keeps the deadline of the present entry. For an absent key it is
	// the same as NoExpiry.
	KeepTTL time.Duration = -1
)

// Entry is a value with its times. An Entry is a copy: modifying it does not
// modify the store. But what Value refers to, such as the elements of a slice, is
// shared with the store and all its readers, and must not be modified.
type Entry[V any] struct {
	Value        V
	LastModified time.Time     // strictly increasing over all modifications of one store
	TTL          time.Duration // as last given; NoExpiry if the entry never expires
	ExpiresAt    time.Time     // zero if the entry never expires; ExpiresAt - TTL is when the deadline was set
}

// Errors returned by the methods of a [Store]. Test for them with [errors.Is].
var (
	// ErrClosed means that the store is closed.
	ErrClosed = errors.New("lastmodstore: the store is closed")
	// ErrInvalidTTL means that a TTL was negative and not KeepTTL.
	ErrInvalidTTL = errors.New("lastmodstore: invalid TTL: use a positive duration, NoExpiry, KeepTTL or Until(t)")
	// ErrInvalidKey means that a key is not equal to itself (NaN).
	ErrInvalidKey = errors.New("lastmodstore: invalid key: it is not equal to itself (NaN), so its entry could never be found")
	// ErrFull means that MaxEntries or MaxWeight leaves no room and RejectWhenFull is
	// set, or that an entry is heavier than MaxWeight, or a batch larger than
	// MaxEntries or heavier than MaxWeight.
	ErrFull = errors.New("lastmodstore: no room: raise MaxEntries or MaxWeight, store less at once, or, with RejectWhenFull, delete entries or omit that option")
	// ErrNotNumber means that Add was called on a store whose values are not numbers.
	ErrNotNumber = errors.New("lastmodstore: the values are not numbers: Add needs a store of integers or floats")
	// ErrClockSkew means that a merged entry was modified more than a minute
	// ahead of this store's clock, or that the clocks of a replicated store differ
	// by more than a minute.
	ErrClockSkew = errors.New("lastmodstore: clocks differ by over a minute: synchronize them")
)

// Stats is a snapshot of a store's counters, which start at zero when the store
// is opened.
type Stats struct {
	Entries          int           // entries held now, including expired ones that were not swept yet
	Weight           int           // weight of these entries; counted with MaxWeight
	MaxWeight        int           // the limit of Weight, set by MaxWeight; 0 without it
	Hits             uint64        // reads of one key that found it; counted with CountReads
	Misses           uint64        // reads of one key that did not find it; counted with CountReads
	Sets             uint64        // entries stored, by any method
	Deletes          uint64        // live entries removed by key; Clear is not counted
	Expirations      uint64        // expired entries removed, by any method, including Clear
	Evictions        uint64        // live entries removed to make room
	PendingRemovals  int           // pending calls of OnRemove functions
	Sweeps           uint64        // completed cleanups, in the background or by Cleanup
	LongestSweepStep time.Duration // the longest time that a cleanup kept other operations waiting
}
