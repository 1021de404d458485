package lastmodstore

import (
	"io"
	"iter"
	"time"
)

// Reader is the reading half of a [Store]. Reads modify nothing: Get never
// extends a life.
//
// An entry is absent, for every operation, from the instant its TTL has
// elapsed (now >= ExpiresAt), whether or not it has been swept; only Len and
// Stats see the unswept. A key that equals nothing (NaN) is absent.
type Reader[K comparable, V any] interface {
	// Get answers the value of key, and whether there is one.
	Get(key K) (V, bool)

	// GetEntry answers the value of key with its times.
	GetEntry(key K) (Entry[V], bool)

	// GetLastModified answers when the entry of key was last modified.
	GetLastModified(key K) (time.Time, bool)

	// GetMany answers the entries of those keys that are present, all as they
	// were at one instant.
	GetMany(keys []K) map[K]Entry[V]

	// Len counts the entries held, those expired but not yet swept included,
	// in constant time.
	Len() int

	// All yields each entry that is live for the whole loop exactly once, no
	// key twice, in no order; one created or removed meanwhile may or may not
	// appear. The loop body may call the store, and no writer waits for it.
	All() iter.Seq2[K, Entry[V]]

	// ModifiedSince yields the live entries with LastModified after t, oldest
	// change first, each once; what changes after the loop began is left to
	// the next call (pass the last LastModified received). It costs what has
	// changed, not what is stored. The loop body may call the store. What Merge
	// brings meanwhile with a time of the past may appear, also again, or not.
	ModifiedSince(t time.Time) iter.Seq2[K, Entry[V]]

	// Stats answers the counters as they stand.
	Stats() Stats

	// Done returns a channel that is closed when the store is closed, so that a
	// closed store can be told from an empty one. From then on reads report
	// absence and writes return [ErrClosed].
	Done() <-chan struct{}
}

// Writer is the writing half of a [Store].
//
// Every method that takes a TTL takes [NoExpiry] and [KeepTTL] too, answers
// [ErrInvalidTTL] to any other negative one, and takes one so long that the
// deadline would overflow for NoExpiry. [ErrInvalidKey] answers a key that is
// not equal to itself; [ErrFull] a new key for which RejectWhenFull finds no
// room. What answers an error has changed nothing.
//
// A modification gets the present time as its LastModified, or a nanosecond
// more than that of the last modification or removal if the clock has not moved
// on: so LastModified is
// strictly increasing over the modifications of one store, across keys,
// deletions and re-insertions, and serves as the version.
type Writer[K comparable, V any] interface {
	// Set stores value under key. Overwriting an expired entry is an insertion.
	Set(key K, value V, ttl time.Duration) error

	// SetMany stores all values, seen by others whole or not at all, in no
	// particular order of LastModified. In a bounded store it evicts none of its
	// own keys; [ErrFull] answers a batch larger than MaxEntries.
	SetMany(values map[K]V, ttl time.Duration) error

	// SetIfUnmodifiedSince stores value if the key's entry was last modified
	// at or before t; with the zero t, only if the key is absent; with another
	// t, an absent key fails. It answers the entry that is there afterwards:
	// the new one with true, the present one (or zero) with false.
	SetIfUnmodifiedSince(key K, value V, ttl time.Duration, t time.Time) (Entry[V], bool, error)

	// Add adds delta to the number stored under key, in a single step, and
	// returns the entry. An absent counter starts at zero and gets ttl; a present
	// one keeps its deadline, so ttl opens a window that later additions do not
	// extend, and the entry's ExpiresAt is when the window closes. Integers wrap
	// around as Go's do. [ErrNotNumber] is returned if V is not an integer or
	// floating-point type: the function [Add] has the compiler check that.
	Add(key K, delta V, ttl time.Duration) (Entry[V], error)

	// Touch gives the entry of key a new deadline and answers whether there is
	// one. Its value and LastModified stay. KeepTTL changes nothing.
	Touch(key K, ttl time.Duration) (bool, error)

	// Delete removes the entry of key and answers whether there was one.
	Delete(key K) (bool, error)

	// GetAndDelete removes the entry of key in a single step and returns exactly
	// what it removed: of many callers, one receives the entry.
	GetAndDelete(key K) (Entry[V], bool, error)

	// DeleteIfUnmodifiedSince removes the entry of key if it was last modified
	// at or before t, and answers whether it did.
	DeleteIfUnmodifiedSince(key K, t time.Time) (bool, error)

	// Merge stores e as it is (value, LastModified, deadline) if it is newer
	// than the present entry, and answers whether it did: the last writer wins.
	// An e already expired is not stored. [ErrClockSkew] answers an e modified
	// more than a minute ahead of this store's clock, [ErrInvalidTTL] an e that
	// expires and has a negative TTL. An e that does not expire (zero
	// ExpiresAt) gets TTL NoExpiry.
	//
	// Later modifications of this store get later times than any merged one.
	// Merging the same entries in any order gives the same store, unless two of
	// one key share a LastModified (then the first one stays) or a bound evicts.
	//
	// Merging a stream that is itself in order of LastModified costs O(1) an
	// entry after the first, wherever it falls; one out of order walks from the
	// place of the last one to its own.
	Merge(key K, e Entry[V]) (bool, error)

	// Clear removes every entry at once.
	Clear() error

	// Cleanup removes every entry that had expired when it was called and answers
	// how many it removed. It works in short steps: no other operation waits for
	// more than one of them. It costs what has expired, not what is stored.
	Cleanup() int
}

// Store is a concurrent key-value store whose entries remember when they were
// last modified and may expire. All methods are safe to call from many
// goroutines at once.
//
// Every single-key operation is linearizable, expiry included; a goroutine
// reads its own writes. No caller's code runs inside the store: whatever a loop
// body or a callback does, it cannot deadlock. A key that no map can hold (an
// interface holding a slice, say) panics in the caller, as a map does.
//
// A store opened with a cleanup interval removes an expired entry at the latest
// one interval after its deadline. Any store removes expired entries when it
// inserts: insertions cannot outrun the cleanup.
//
// Close ends the store and returns when its goroutines are gone. It is
// idempotent, safe beside every other call, and answers nil. After it every
// write answers [ErrClosed] and stores nothing, reads answer absent, Len is 0,
// Stats is zero and loops end. A call that was accepted before is answered; no
// call hangs. A store that is not closed keeps its goroutine and its entries:
// there is no finalizer.
type Store[K comparable, V any] interface {
	Reader[K, V]
	Writer[K, V]
	Watcher[K, V]
	io.Closer
}
