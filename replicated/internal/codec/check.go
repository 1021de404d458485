package codec

import (
	"io"
	"iter"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// A snapshot refuses keys and values that its codec does not preserve. So does the log,
// for the same reason and by the same rules: a key or a value is saved in a snapshot of
// its own.

// A single is a reader of a store that holds one entry.
type single[K comparable, V any] struct {
	lastmodstore.Reader[K, V] // nil: Save needs only the methods below
	key                       K
	value                     V
}

var saveTime = time.Unix(1, 0)

func (s single[K, V]) ModifiedSince(time.Time) iter.Seq2[K, lastmodstore.Entry[V]] {
	return func(yield func(K, lastmodstore.Entry[V]) bool) {
		yield(s.key, lastmodstore.Entry[V]{Value: s.value, LastModified: saveTime})
	}
}

func (s single[K, V]) All() iter.Seq2[K, lastmodstore.Entry[V]] {
	return func(func(K, lastmodstore.Entry[V]) bool) {}
}

func (s single[K, V]) Done() <-chan struct{} { return nil }

// checkKey returns a function that returns an error if c does not preserve a key.
func checkKey[K comparable](c lastmodstore.Codec) func(K) error {
	return func(key K) error { return lastmodstore.Save(io.Discard, single[K, bool]{key: key}, c) }
}

// checkValue is checkKey for a value.
func checkValue[V any](c lastmodstore.Codec) func(V) error {
	return func(value V) error {
		return lastmodstore.Save(io.Discard, single[string, V]{key: "value", value: value}, c)
	}
}
