package lastmodstore

import (
	"time"

	"github.com/lastmodstore/lastmodstore/internal/seam"
)

// Number is the type constraint of [Add]: the integer and floating-point types.
type Number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 |
		~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr |
		~float32 | ~float64
}

// Until returns the TTL of an entry that should expire at t, such as the end of a
// session or the Expires header of an HTTP response. The result is never
// [NoExpiry] or [KeepTTL]: if t has passed, it is 1 ns. A TTL that reaches zero by
// plain subtraction would store the entry forever.
func Until(t time.Time) time.Duration { return max(1, time.Until(t)) }

// GetIfModifiedSince returns the entry for key if it was modified after t, and
// reports whether it was. It compares to the nanosecond: pass a time from an HTTP
// header through [EndOfSecond] first.
func GetIfModifiedSince[K comparable, V any](s Reader[K, V], key K, t time.Time) (Entry[V], bool) {
	if e, ok := s.GetEntry(key); ok && e.LastModified.After(t) {
		return e, true
	}
	return Entry[V]{}, false
}

// SetIfAbsent stores value if key is absent. It returns the entry that is present
// afterwards and reports whether it is the new one. Its errors are those of Set.
func SetIfAbsent[K comparable, V any](s Store[K, V], key K, value V, ttl time.Duration) (actual Entry[V], stored bool, err error) {
	return s.SetIfUnmodifiedSince(key, value, ttl, time.Time{})
}

// Update sets the value of key to the result of fn and returns the new entry. It
// calls fn with the present entry, or with the zero Entry and false if key is
// absent. fn returns the new value and its TTL.
//
// Update calls fn on the caller's goroutine, under no lock, and calls it again if
// another writer changed the entry meanwhile. So fn may run several times and
// should have no side effects. If fn returns an error, Update stores nothing and
// returns that error. The other errors are those of Set; on a closed store, Update
// returns ErrClosed whatever fn returns.
//
// Calls that lost a race for a key take turns, so that a contended key is updated
// at about the rate of Set as long as fn takes less than 50 ms. (Only the engines
// and Sharded provide turns; with another implementation of Store, calls retry at
// once.) fn may call Update for other keys: calls that wait for each other's turns
// do not wait for long, but lose more races. If fn itself writes key, Update loses
// every race and never returns.
func Update[K comparable, V any](s Store[K, V], key K, fn func(old Entry[V], ok bool) (V, time.Duration, error)) (Entry[V], error) {
	turn := seam.Join(s, key)
	defer func() { turn.End() }()
	for {
		old, ok := s.GetEntry(key)
		value, ttl, err := fn(old, ok)
		if err != nil && isClosed(s) { // fn may have seen the entry as absent for that reason
			err = ErrClosed
		}
		if err != nil {
			return Entry[V]{}, err
		}
		// The zero time of an absent entry requires that the key is still absent.
		e, stored, err := s.SetIfUnmodifiedSince(key, value, ttl, old.LastModified)
		if err != nil {
			return Entry[V]{}, err
		}
		if stored {
			return e, nil
		}
		turn.Retry(s, key)
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

// Add calls s.Add: see [Writer]. With this function, the compiler checks that the values
// of s are numbers.
func Add[K comparable, N Number](s Writer[K, N], key K, delta N, ttl time.Duration) (Entry[N], error) {
	return s.Add(key, delta, ttl)
}
