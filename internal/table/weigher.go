// This file runs on the callers' goroutines, before the lock or the message.

package table

import (
	"fmt"

	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/number"
)

// A Weigher is the function of MaxWeight, or nil.
type Weigher[K comparable, V any] func(key K, value V) int

// WeigherOf returns the weigher of c. It panics if that weighs other types.
func WeigherOf[K comparable, V any](c config.Config) Weigher[K, V] {
	if c.Weigher == nil {
		return nil
	}
	weigher, ok := c.Weigher.(func(K, V) int)
	if !ok {
		panic(fmt.Sprintf("lastmodstore: the weigher of MaxWeight is a %T, but this store needs a %T", c.Weigher, weigher))
	}
	return weigher
}

// Of returns the weight of value under key, or 0 if w is nil. It panics if that is
// negative.
func (w Weigher[K, V]) Of(key K, value V) uint64 {
	if w == nil {
		return 0
	}
	return w.weigh(key, value)
}

func (w Weigher[K, V]) weigh(key K, value V) uint64 {
	weight := w(key, value)
	if weight < 0 {
		panic(fmt.Sprintf("lastmodstore: the weigher of MaxWeight returned %d: a weight must not be negative", weight))
	}
	return uint64(weight)
}

// OfAll sets the weights of all.
func (w Weigher[K, V]) OfAll(all []Assignment[K, V]) {
	if w == nil {
		return
	}
	for i := range all {
		all[i].weight = w.weigh(all[i].Key, all[i].Value)
	}
}

// A Sum is the weight of the result of an Add. That depends on the value that is
// present, so the caller weighs the sum with the value that the last attempt found.
type Sum[V any] struct {
	isWeighed bool // false before the first attempt
	present   bool
	value     V // what was present
	weight    uint64
}

// OfSum weighs the sum of delta and what was found by an AddTo that returned false.
func (w Weigher[K, V]) OfSum(s *Sum[V], key K, delta V) {
	if s.present {
		delta = number.Sum[V]()(s.value, delta)
	}
	s.isWeighed, s.weight = true, w.weigh(key, delta)
}

// isOf reports whether s is the weight of a sum with the value that is present, if any.
func (s *Sum[V]) isOf(value *V) bool {
	if !s.isWeighed || s.present != (value != nil) {
		return false
	}
	return value == nil || number.Identical(&s.value, value)
}
