package lastmodstore

import (
	"io"
	"iter"
	"time"
)

// Reader is the reading half of a [Store]. Reads modify nothing: Get never
// extends a TTL.
//
// An entry is absent, for every operation, from the instant its TTL has elapsed
// (now >= ExpiresAt), whether or not it has been swept; only Len and Stats count
// entries that have expired and were not swept. A key that is not equal to itself
// (NaN) is absent.
type Reader[K comparable, V any] interface {
	// Get returns the value for key and reports whether it was present.
	Get(key K) (V, bool)

	// GetEntry returns the value for key with its times and reports whether it
	// was present.
	GetEntry(key K) (Entry[V], bool)

	// GetLastModified returns when the entry of key was last modified and reports
	// whether it was present.
	GetLastModified(key K) (time.Time, bool)

	// GetMany returns the entries of those keys that are present, all as they
	// were at a single instant.
	GetMany(keys []K) map[K]Entry[V]

	// Len returns the number of entries held, including those that have expired
	// and were not swept, in constant time.
	Len() int

	// All yields each entry that is live for the whole loop exactly once and no
	// key twice, in no order; an entry created or removed meanwhile may or may
	// not be yielded. The loop body may call the store, and no writer waits for it.
	All() iter.Seq2[K, Entry[V]]

	// ModifiedSince yields the live entries with LastModified after t, oldest
	// change first, each once; changes made after the loop began are left to the
	// next call. Polling with the last LastModified received misses nothing,
	// unless entries are merged: an older one that arrives later is missed (use
	// Watch), and one that is merged during the loop may appear, also again, or
	// not. Touch modifies nothing in this sense. The cost depends on how much has
	// changed, not on how much is stored. The loop body may call the store.
	ModifiedSince(t time.Time) iter.Seq2[K, Entry[V]]

	// Stats returns the counters as they stand.
	Stats() Stats

	// Done returns a channel that is closed when the store is closed, so that a
	// closed store can be told from an empty one. From then on reads report
	// absence and writes return [ErrClosed].
	Done() <-chan struct{}
}

// Writer is the writing half of a [Store].
//
// Every method that takes a TTL accepts [NoExpiry] and [KeepTTL] as well, returns
// [ErrInvalidTTL] for any other negative one, and takes one so long that the
// deadline would overflow as NoExpiry. For a TTL that is computed from a
// deadline, use [Until]. [ErrInvalidKey] is returned for a key that is not equal
// to itself, [ErrFull] for a new key for which RejectWhenFull finds no room. A
// method that returns an error has changed nothing.
//
// A modification gets the present time as its LastModified, or a few nanoseconds
// more if the clock has not passed the last modification or removal, or a position
// that a reader was given: so LastModified is strictly increasing over the
// modifications of one store, across keys, deletions and re-insertions, and
// serves as the version.
//
// Conditions compare to the nanosecond. A time from an HTTP header has whole
// seconds: pass it through [EndOfSecond] first.
type Writer[K comparable, V any] interface {
	// Set stores value under key. Overwriting an expired entry is an insertion.
	Set(key K, value V, ttl time.Duration) error

	// SetMany stores all values; others see all of them or none. Their order by
	// LastModified is unspecified. In a store with a capacity it evicts none of
	// its own keys; [ErrFull] is returned for a batch larger than MaxEntries.
	SetMany(values map[K]V, ttl time.Duration) error

	// SetIfUnmodifiedSince stores value if the key's entry was last modified at
	// or before t; with the zero t, only if the key is absent; with any other t,
	// an absent key fails. It returns the entry that is present afterwards: the
	// new one and true, or the current one (or zero) and false.
	SetIfUnmodifiedSince(key K, value V, ttl time.Duration, t time.Time) (Entry[V], bool, error)

	// Add adds delta to the number stored under key, in a single step, and
	// returns the entry. An absent counter starts at zero and gets ttl; a present
	// one keeps its deadline, so ttl opens a window that later additions do not
	// extend, and the entry's ExpiresAt is when the window closes. An invalid ttl
	// is an error in either case. Integers wrap around as Go's do.
	// [ErrNotNumber] is returned if V is not an integer or floating-point type:
	// the function [Add] has the compiler check that.
	Add(key K, delta V, ttl time.Duration) (Entry[V], error)

	// Touch gives the entry of key a new deadline and reports whether it was
	// present. Value and LastModified stay as they are: no watcher, no
	// ModifiedSince and no replica fed by them learns of it. KeepTTL changes
	// nothing.
	Touch(key K, ttl time.Duration) (bool, error)

	// Delete removes the entry of key and reports whether it was present.
	Delete(key K) (bool, error)

	// GetAndDelete removes the entry of key in a single step and returns exactly
	// what it removed: of many callers, one receives the entry.
	GetAndDelete(key K) (Entry[V], bool, error)

	// DeleteIfUnmodifiedSince removes the entry of key if it was last modified at
	// or before t, and reports whether it did.
	DeleteIfUnmodifiedSince(key K, t time.Time) (bool, error)

	// Merge stores e as given (value, LastModified, deadline) if it is newer than
	// the present entry, and reports whether it did: the last writer wins. An e
	// that has already expired is not stored, nor one that is not newer than an
	// entry of key that has expired, as long as that is remembered (see
	// [RemovalLog]). [ErrClockSkew] is returned for an e modified more than a
	// minute ahead of this store's clock, [ErrInvalidTTL] for an e that expires
	// and has a negative TTL. An e that does not expire (zero ExpiresAt) gets TTL
	// NoExpiry.
	//
	// Later modifications of this store get later times than any merged one.
	// Merging the same entries in any order yields the same store, with three
	// exceptions: of two entries of one key with equal times, the first stays; a
	// capacity evicts; a newer entry may have expired before an older one arrives,
	// and no longer be remembered.
	//
	// Merging a stream that is itself in order of LastModified costs O(1) for each
	// entry after the first; one out of order walks from the place of the last one
	// to its own.
	Merge(key K, e Entry[V]) (bool, error)

	// Clear removes every entry at once.
	Clear() error

	// Cleanup removes every entry that had expired when it was called and returns
	// how many it removed. It works in short steps: no other operation waits for
	// more than one of them. The cost depends on how much has expired, not on how
	// much is stored.
	Cleanup() int
}

// Store is a concurrent key-value store whose entries remember when they were
// last modified and may expire. All methods are safe for concurrent use.
//
// Every single-key operation is linearizable, expiry included; a goroutine reads
// its own writes. No caller-supplied code runs while a lock is held: whatever a
// loop body or a callback does, it cannot deadlock. An unhashable key (an
// interface that holds a slice, say) panics in the caller, as in a map.
//
// A store opened with a cleanup interval removes an expired entry at most one
// interval after its deadline, unless callers leave it no processor time. Any
// store removes expired entries when it inserts: insertions cannot outrun the
// cleanup.
//
// Close ends the store and returns when its goroutines have ended. It is
// idempotent, safe to call concurrently with every other method, and returns nil.
// After it every write returns [ErrClosed] and stores nothing, reads report
// absence, Len is 0, Stats is zero, loops end and Done is closed. A call that was
// accepted before gets its result; no call hangs. A store that is not closed keeps
// its goroutine and its entries: there is no finalizer.
type Store[K comparable, V any] interface {
	Reader[K, V]
	Writer[K, V]
	Watcher[K, V]
	io.Closer
}
