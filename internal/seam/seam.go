// Package seam holds what package lastmodstore needs of an engine beyond the
// interface Store. An engine embeds an [Engine] under an unexported name, so that
// its users see nothing of it.
package seam

import "reflect"

// Engine is the hidden side of one store whose keys are of type K.
type Engine[K comparable] struct {
	store any
	shard any
	join  func(shards []any) any
	taken bool // it is part of another store
	turns turns[K]
}

// New returns the hidden side of store. Shard is what join gets to make one store
// of several; a store that cannot be part of another has a nil join.
func New[K comparable](store, shard any, join func(shards []any) any) *Engine[K] {
	return &Engine[K]{store: store, shard: shard, join: join}
}

// seam makes an engine known to this package: no other can declare the method,
// and all that embed an Engine have it.
func (e *Engine[K]) seam() *Engine[K] { return e }

func engineOf[K comparable](store any) *Engine[K] {
	if s, ok := store.(interface{ seam() *Engine[K] }); ok {
		return s.seam()
	}
	return nil
}

// Shard returns what [New] was given for store, unless store cannot be part of
// another. A type that embeds an engine cannot: its own methods would be passed by.
func Shard[K comparable](store any) (shard any, join func(shards []any) any, ok bool) {
	if isNil(store) {
		return nil, nil, false
	}
	e := engineOf[K](store)
	if e == nil || e.join == nil || e.store != store {
		return nil, nil, false
	}
	return e.shard, e.join, true
}

func isNil(store any) bool {
	v := reflect.ValueOf(store)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

// Take marks store as part of another.
func Take[K comparable](store any) { engineOf[K](store).taken = true }

// IsFree reports whether store is one that can be closed and is not part of
// another: no nil pointer, and no engine that was not made by its New.
func IsFree[K comparable](store any) bool {
	if isNil(store) {
		return false
	}
	if _, isEngine := store.(interface{ seam() *Engine[K] }); !isEngine {
		return true
	}
	e := engineOf[K](store)
	return e != nil && !e.taken
}
