package lastmodstore

import (
	"errors"
	"time"
)

// Durations with a meaning of their own, wherever a TTL is asked for.
const (
	// NoExpiry says that the entry lives until it is deleted.
	NoExpiry time.Duration = 0
	// KeepTTL keeps the present entry's deadline; on an absent key it is NoExpiry.
	KeepTTL time.Duration = -1
)

// Entry is a value with its times. It is a copy: changing it changes no store.
type Entry[V any] struct {
	Value        V
	LastModified time.Time     // strictly increasing over one store's modifications
	TTL          time.Duration // as last given; NoExpiry when it never expires
	ExpiresAt    time.Time     // zero when it never expires
}

// What the methods of a [Store] answer when they refuse. Test with [errors.Is].
var (
	// ErrClosed says that the store is closed.
	ErrClosed = errors.New("lastmodstore: the store is closed")
	// ErrInvalidTTL says that a TTL was negative and not KeepTTL.
	ErrInvalidTTL = errors.New("lastmodstore: invalid TTL: use a positive duration, NoExpiry or KeepTTL")
	// ErrInvalidKey says that a key equals nothing, not even itself (NaN).
	ErrInvalidKey = errors.New("lastmodstore: invalid key: it is not equal to itself (NaN), so no entry could be found by it")
	// ErrFull says that the store holds MaxEntries and RejectWhenFull is set, or
	// that a batch is larger than MaxEntries.
	ErrFull = errors.New("lastmodstore: the store is full: delete entries, raise MaxEntries or let it evict")
	// ErrNotNumber is returned by Add for a store whose values are not numbers.
	ErrNotNumber = errors.New("lastmodstore: not a number: Add needs a store of integers or floats")
	// ErrClockSkew says that a merged entry was modified more than a minute
	// ahead of this store's clock: see "Time" in the package's documentation.
	ErrClockSkew = errors.New("lastmodstore: merged entry is over a minute in the future: synchronise the clocks")
)

// Stats is a snapshot of a store's counters. They count from its opening.
type Stats struct {
	Entries          int           // held now, those expired but not yet swept included
	Hits             uint64        // reads of one key that found it; counted with CountReads
	Misses           uint64        // reads of one key that did not; counted with CountReads
	Sets             uint64        // entries stored, by whichever method
	Deletes          uint64        // live entries removed by key; Clear is not counted
	Expirations      uint64        // expired entries removed, by whichever method, Clear included
	Evictions        uint64        // live entries removed to make room
	PendingRemovals  int           // calls of OnRemove functions that are due
	Sweeps           uint64        // cleanups run to their end, in the background or by Cleanup
	LongestSweepStep time.Duration // the longest that cleanup kept others out
}
