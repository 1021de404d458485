package lastmodstore

import "time"

// Number is what [Add] can add.
type Number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 |
		~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr |
		~float32 | ~float64
}

// GetIfModifiedSince answers the entry of key if it was modified after t.
func GetIfModifiedSince[K comparable, V any](s Reader[K, V], key K, t time.Time) (Entry[V], bool) {
	if e, ok := s.GetEntry(key); ok && e.LastModified.After(t) {
		return e, true
	}
	return Entry[V]{}, false
}

// SetIfAbsent stores value if key has no entry. It answers the entry that is
// there afterwards and whether it is the new one. Its errors are those of Set.
func SetIfAbsent[K comparable, V any](s Store[K, V], key K, value V, ttl time.Duration) (actual Entry[V], stored bool, err error) {
	return s.SetIfUnmodifiedSince(key, value, ttl, time.Time{})
}

// Update replaces the value of key by what fn makes of its present entry (the
// zero Entry and false if there is none) and answers the new entry. It runs fn
// on the caller's goroutine, under no lock, and again whenever somebody else
// was faster: fn may run several times and should have no effect but its
// result. An error from fn ends Update, which answers it and stores nothing;
// the other errors are those of Set.
func Update[K comparable, V any](s Store[K, V], key K, fn func(old Entry[V], ok bool) (V, time.Duration, error)) (Entry[V], error) {
	for {
		old, ok := s.GetEntry(key)
		value, ttl, err := fn(old, ok)
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
	}
}

// Add adds delta to the counter of key, atomically, and answers the sum. A
// counter that is absent starts at zero and lives for ttl; one that is there
// keeps its deadline, so that ttl opens a window and later additions do not
// extend it. Integers wrap round as Go's do. Its errors are those of Set.
func Add[K comparable, N Number](s Store[K, N], key K, delta N, ttl time.Duration) (N, error) {
	e, err := Update(s, key, func(old Entry[N], ok bool) (N, time.Duration, error) {
		if ok {
			return old.Value + delta, KeepTTL, nil
		}
		return delta, ttl, nil
	})
	return e.Value, err
}

// GetAndDelete removes the entry of key and answers it, atomically: of many
// that ask, one gets it. Its deadline is as it was read: a Touch at the same
// time may not show. The error is ErrClosed or ErrInvalidKey.
func GetAndDelete[K comparable, V any](s Store[K, V], key K) (Entry[V], bool, error) {
	for {
		e, ok := s.GetEntry(key)
		if !ok {
			// Only a write tells a closed store and an invalid key from an absent one.
			_, err := s.DeleteIfUnmodifiedSince(key, time.Time{})
			return Entry[V]{}, false, err
		}
		if deleted, err := s.DeleteIfUnmodifiedSince(key, e.LastModified); deleted || err != nil {
			if err != nil {
				e = Entry[V]{}
			}
			return e, deleted, err
		}
	}
}
