// Package seam gives package lastmodstore access to what it needs of an engine beyond
// the interface Store. An engine embeds an [Engine] under an unexported name, so that
// its users do not see it.
package seam

import "reflect"

// Engine is the hidden part of a store. It has no type parameter, because go doc shows
// an embedded field that has one even if its name is unexported.
type Engine struct{ of any } // an *engine[K]

// An engine is the hidden part of a store with keys of type K.
type engine[K comparable] struct {
	store   any
	shard   any
	join    func(shards []any) any
	isShard bool // it is part of another store
	turns   turns[K]
}

// New returns the hidden part of store. The function join makes one store of several,
// given the value shard of each; it is nil for a store that cannot be a shard.
func New[K comparable](store, shard any, join func(shards []any) any) *Engine {
	return &Engine{&engine[K]{store: store, shard: shard, join: join}}
}

// seam identifies an engine to this package: no other package can declare the method,
// and every type that embeds an Engine has it.
func (e *Engine) seam() *Engine { return e }

// engineOf returns the hidden part of store, or nil if it has none for keys of type K.
func engineOf[K comparable](store any) *engine[K] {
	if s, ok := store.(interface{ seam() *Engine }); ok {
		if e := s.seam(); e != nil {
			of, _ := e.of.(*engine[K])
			return of
		}
	}
	return nil
}

// Shard returns the shard and join that [New] was given for store, and reports whether
// store can be a shard. A type that embeds an engine cannot, because its own methods
// would be bypassed.
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

// isNil reports whether store is nil or a nil pointer.
func isNil(store any) bool {
	v := reflect.ValueOf(store)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

// MarkShard marks store as part of another store.
func MarkShard[K comparable](store any) { engineOf[K](store).isShard = true }

// IsStandalone reports whether store can be closed and is not part of another store.
// A nil pointer, and an engine that was not created by its New, cannot be closed.
func IsStandalone[K comparable](store any) bool {
	if isNil(store) {
		return false
	}
	if _, isEngine := store.(interface{ seam() *Engine }); !isEngine {
		return true
	}
	e := engineOf[K](store)
	return e != nil && !e.isShard
}
