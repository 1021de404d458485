package lastmodstore

import (
	"time"

	"github.com/lastmodstore/lastmodstore/internal/seam"
)

// Number is the constraint of [Add].
type Number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 |
		~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr |
		~float32 | ~float64
}

// Until returns the TTL of an entry that is to expire at t, such as the end of a
// session or the Expires of an HTTP response. It is never [NoExpiry] or
// [KeepTTL]: if t has passed, it is 1 ns. A computed TTL that reaches zero by
// plain subtraction would store the entry forever.
func Until(t time.Time) time.Duration { return max(1, time.Until(t)) }

// GetIfModifiedSince returns the entry of key if it was modified after t. It
// compares to the nanosecond: pass a time from an HTTP header through
// [EndOfSecond] first.
func GetIfModifiedSince[K comparable, V any](s Reader[K, V], key K, t time.Time) (Entry[V], bool) {
	if e, ok := s.GetEntry(key); ok && e.LastModified.After(t) {
		return e, true
	}
	return Entry[V]{}, false
}

// SetIfAbsent stores value if key has no entry. It returns the entry that is
// present afterwards and reports whether it is the new one. Its errors are those
// of Set.
func SetIfAbsent[K comparable, V any](s Store[K, V], key K, value V, ttl time.Duration) (actual Entry[V], stored bool, err error) {
	return s.SetIfUnmodifiedSince(key, value, ttl, time.Time{})
}

// Update replaces the value of key by what fn makes of its present entry (the
// zero Entry and false if there is none) and returns the new entry. It runs fn on
// the caller's goroutine, under no lock, and again if another writer was faster:
// fn may run several times and should have no effect but its result. Calls that
// lost a race for a key take turns, so that a contended key is updated at about
// the rate of Set, as long as fn takes less than 50 ms. (The turns
// are those of an engine or a Sharded; another type of store has none.) Fn may
// call Update of other keys: calls that wait for each other's turns do not wait
// for long, but lose more races. An fn that itself writes key never wins: Update
// then never returns.
//
// An error from fn ends Update, which returns it and stores nothing; the other
// errors are those of Set. On a closed store it is ErrClosed, whatever fn returns.
func Update[K comparable, V any](s Store[K, V], key K, fn func(old Entry[V], ok bool) (V, time.Duration, error)) (Entry[V], error) {
	turn := seam.Join(s, key)
	defer func() { turn.End() }()
	for {
		old, ok := s.GetEntry(key)
		value, ttl, err := fn(old, ok)
		if err != nil && isClosed(s) { // so fn may have seen no entry where there was one
			err = ErrClosed
		}
		if err != nil {
			return Entry[V]{}, err
		}
		// The zero time of an absent entry asks that the key still be absent.
		e, stored, err := s.SetIfUnmodifiedSince(key, value, ttl, old.LastModified)
		if err != nil {
			return Entry[V]{}, err
		}
		if stored {
			return e, nil
		}
		turn.Lost(s, key)
	}
}

func isClosed[K comparable, V any](s Reader[K, V]) bool {
	select {
	case <-s.Done():
		return true
	default:
		return false
	}
}

// Add is [Writer].Add for a store whose values the compiler knows to be numbers.
func Add[K comparable, N Number](s Writer[K, N], key K, delta N, ttl time.Duration) (Entry[N], error) {
	return s.Add(key, delta, ttl)
}
