package lastmodstore

import (
	"io"
	"iter"
	"time"
)

// Reader is the part of a [Store] that reads entries. Reads modify nothing: Get
// never extends a TTL.
//
// An entry is absent, for every operation, from the instant its TTL has elapsed
// (now >= ExpiresAt), whether or not it has been swept; only Len and Stats count
// entries that have expired but were not swept yet. A key that is not equal to
// itself (NaN) is absent.
type Reader[K comparable, V any] interface {
	// Get returns the value for key and reports whether it was present.
	Get(key K) (V, bool)

	// GetEntry returns the entry for key, which is its value with its times, and
	// reports whether it was present.
	GetEntry(key K) (Entry[V], bool)

	// GetLastModified returns the time when the entry for key was last modified
	// and reports whether the entry was present.
	GetLastModified(key K) (time.Time, bool)

	// GetMany returns the entries of those keys that are present, all as they
	// were at a single instant.
	GetMany(keys []K) map[K]Entry[V]

	// Len returns the number of entries held, including those that have expired
	// but were not swept yet. It takes constant time.
	Len() int

	// All yields each entry that is live for the whole loop exactly once, and no
	// key twice, in no particular order. An entry created or removed during the
	// loop may or may not be yielded. The loop body may call the store, and
	// writers never wait for it.
	All() iter.Seq2[K, Entry[V]]

	// ModifiedSince yields the live entries with LastModified after t, oldest
	// change first, each once. Changes made after the loop began are left to the
	// next call. Polling with the last LastModified received misses nothing. Its
	// cost depends on how much has changed, not on how much is stored. The loop
	// body may call the store.
	//
	// Touch does not change LastModified, so ModifiedSince does not report it.
	//
	// Merge limits these promises: polling misses an entry that is merged with a
	// time before t (use Watch instead), and an entry merged during the loop may
	// be yielded, even a second time, or not.
	ModifiedSince(t time.Time) iter.Seq2[K, Entry[V]]

	// Stats returns the current counters.
	Stats() Stats

	// Done returns a channel that is closed when the store is closed. It
	// distinguishes a closed store from an empty one: in both cases reads report
	// absence. Writes to a closed store return [ErrClosed].
	Done() <-chan struct{}
}

// Writer is the part of a [Store] that modifies entries.
//
// Every method that takes a TTL accepts [NoExpiry] and [KeepTTL] as well, and
// returns [ErrInvalidTTL] for any other negative value. A TTL so long that the
// deadline would overflow means NoExpiry. Compute a TTL from a deadline with
// [Until].
//
// Writes return [ErrInvalidKey] for a key that is not equal to itself (NaN),
// [ErrFull] for a new key or a heavier value if RejectWhenFull is set and there is no
// room, and for a value heavier than [MaxWeight], and [ErrClosed] if the store is closed.
// A method that returns an error has changed nothing.
//
// LastModified is strictly increasing over all modifications of one store, across
// keys, deletions and re-insertions, so it serves as the version of an entry. A
// modification sets it to the current time, or a few nanoseconds later if the
// clock has not advanced past the last modification or removal, or past a position
// that a reader was given.
//
// Conditions compare to the nanosecond. A time from an HTTP header has whole
// seconds: pass it through [EndOfSecond] first.
type Writer[K comparable, V any] interface {
	// Set stores value under key until ttl has elapsed: forever with NoExpiry, and
	// until the present deadline with KeepTTL. Overwriting an expired entry is an
	// insertion.
	Set(key K, value V, ttl time.Duration) error

	// SetMany stores all values at once: other callers see all of them or none.
	// Their order by LastModified is unspecified. In a store with a capacity,
	// SetMany evicts none of its own keys, and returns [ErrFull] for a batch
	// larger than MaxEntries or heavier than MaxWeight.
	SetMany(values map[K]V, ttl time.Duration) error

	// SetIfUnmodifiedSince stores value if the key's entry was last modified at
	// or before t; with the zero t, only if the key is absent; with any other t,
	// an absent key fails. It returns the entry that is present afterwards: the
	// new one and true, or the current one (or the zero Entry) and false.
	SetIfUnmodifiedSince(key K, value V, ttl time.Duration, t time.Time) (Entry[V], bool, error)

	// Add adds delta to the number stored under key, in a single step, and
	// returns the entry. An absent counter starts at zero and gets ttl. A present
	// one keeps its deadline, so ttl opens a window that later additions do not
	// extend, and the entry's ExpiresAt is when the window closes. An invalid ttl
	// is an error in either case. Integers wrap around as in Go.
	//
	// Add returns [ErrNotNumber] if V is not an integer or floating-point type.
	// With the function [Add], the compiler checks this.
	Add(key K, delta V, ttl time.Duration) (Entry[V], error)

	// Touch sets a new deadline for the entry of key, ttl from now, and reports
	// whether the entry was present. With KeepTTL it changes nothing. The value
	// and LastModified stay the same, so Watch, ModifiedSince and replicas that
	// follow them do not see the new deadline.
	Touch(key K, ttl time.Duration) (bool, error)

	// Delete removes the entry for key and reports whether it was present.
	Delete(key K) (bool, error)

	// GetAndDelete removes the entry for key in a single step, returns exactly
	// what it removed, and reports whether the entry was present. Of several
	// concurrent callers, one receives the entry.
	GetAndDelete(key K) (Entry[V], bool, error)

	// DeleteIfUnmodifiedSince removes the entry for key if it was last modified
	// at or before t, and reports whether it did.
	DeleteIfUnmodifiedSince(key K, t time.Time) (bool, error)

	// Merge stores e as given (value, LastModified, deadline) if it is newer than
	// the present entry, and reports whether it did: the last writer wins. It
	// copies entries from another store. An e that does not expire (zero
	// ExpiresAt) gets TTL NoExpiry. An e that has already expired is not stored,
	// nor is one that is not newer than an expired entry of key, as long as the
	// store remembers that entry (see [RemovalLog]).
	//
	// Merge returns [ErrClockSkew] if e was modified more than a minute ahead of
	// this store's clock, and [ErrInvalidTTL] if e expires and has a negative TTL.
	//
	// Later modifications of this store get later times than any merged one.
	// Merging the same entries in any order yields the same store, with three
	// exceptions: of two entries of one key with equal times, the first one merged
	// stays; a store with a capacity evicts entries; and a newer entry may have
	// expired, and been forgotten, before an older one arrives.
	//
	// Merging a stream that is itself ordered by LastModified costs O(1) for each
	// entry after the first. Merging one that is not walks, for each entry, from
	// the position of the previous one.
	Merge(key K, e Entry[V]) (bool, error)

	// Clear removes all entries at once.
	Clear() error

	// Cleanup removes every entry that had expired when it was called and returns
	// how many it removed. It works in short steps, and no other operation waits
	// for more than one of them. Its cost depends on how much has expired, not on
	// how much is stored.
	Cleanup() int
}

// Store is a concurrent key-value store whose entries record when they were last
// modified and can expire. All methods are safe for concurrent use.
//
// Every single-key operation is linearizable, expiry included. A goroutine reads
// its own writes. No code of the caller runs while a lock is held, so nothing that
// a loop body or a callback does can deadlock. An unhashable key (for example, an
// interface that holds a slice) panics in the caller, as with a map.
//
// A store opened with a cleanup interval removes an expired entry within one
// interval of its deadline, unless callers leave the sweeper no processor time.
// Every store also removes expired entries when it inserts, so that insertions
// cannot outpace the cleanup.
//
// Close closes the store and returns when its goroutines have ended. It is
// idempotent, safe to call concurrently with every other method, and always
// returns nil. After Close, every write returns [ErrClosed] and stores nothing,
// reads report absence, Len is 0, Stats is zero, loops end, and Done is closed. A
// call that was accepted before Close still gets its result, and no call hangs. A
// store that is never closed keeps its goroutine and its entries: there is no
// finalizer.
type Store[K comparable, V any] interface {
	Reader[K, V]
	Writer[K, V]
	Watcher[K, V]
	io.Closer
}
