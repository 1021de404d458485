package lastmodstore

import (
	"bytes"
	"encoding"
	"encoding/gob"
	"errors"
	"reflect"
	"sync"
)

func marshalGob(v any) ([]byte, error) {
	if isCyclic(reflect.ValueOf(v), map[reference]bool{}) {
		return nil, errors.New("gob cannot encode a value that contains itself")
	}
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(v)
	return b.Bytes(), err
}

func unmarshalGob(data []byte, v any) error { return gob.NewDecoder(bytes.NewReader(data)).Decode(v) }

// Package gob follows a cyclic value until the stack overflows, which ends the
// program. So the functions below first search for a cycle, if the type allows one.

// A reference identifies what a pointer, map or slice refers to.
type reference struct {
	addr uintptr
	len  int // of a slice
	t    reflect.Type
}

func referenceOf(v reflect.Value) (r reference, ok bool) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Map:
		return reference{addr: v.Pointer(), t: v.Type()}, !v.IsNil()
	case reflect.Slice:
		return reference{v.Pointer(), v.Len(), v.Type()}, v.Len() > 0
	}
	return reference{}, false
}

// isCyclic reports whether v leads back to itself or to a reference in path, through
// what package gob follows.
func isCyclic(v reflect.Value, path map[reference]bool) bool {
	if !canBeCyclic(v.Type()) {
		return false
	}
	if p, ok := referenceOf(v); ok {
		if path[p] {
			return true
		}
		path[p] = true
		defer delete(path, p)
	}
	return !encodesItself(v.Type()) && partIsCyclic(v, path)
}

func partIsCyclic(v reflect.Value, path map[reference]bool) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && isCyclic(v.Elem(), path)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if isCyclic(v.Index(i), path) {
				return true
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if isCyclic(it.Key(), path) || isCyclic(it.Value(), path) {
				return true
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && isCyclic(v.Field(i), path) {
				return true
			}
		}
	}
	return false
}

func encodesItself(t reflect.Type) bool {
	for _, encoder := range []reflect.Type{reflect.TypeFor[gob.GobEncoder](), reflect.TypeFor[encoding.BinaryMarshaler]()} {
		if t.Implements(encoder) || reflect.PointerTo(t).Implements(encoder) {
			return true
		}
	}
	return false
}

var cyclicTypes sync.Map // results of isRecursive: from reflect.Type to bool

func canBeCyclic(t reflect.Type) bool {
	known, ok := cyclicTypes.Load(t)
	if !ok {
		known, _ = cyclicTypes.LoadOrStore(t, isRecursive(t, map[reflect.Type]bool{}))
	}
	return known.(bool)
}

// isRecursive reports whether t leads back to itself, to another type on the path to
// it (true in seen), or to an interface, which may hold anything.
func isRecursive(t reflect.Type, seen map[reflect.Type]bool) bool {
	if onPath, ok := seen[t]; ok {
		return onPath
	}
	seen[t] = true
	found := false
	switch t.Kind() {
	case reflect.Interface:
		found = true
	case reflect.Pointer, reflect.Slice, reflect.Array:
		found = isRecursive(t.Elem(), seen)
	case reflect.Map:
		found = isRecursive(t.Key(), seen) || isRecursive(t.Elem(), seen)
	case reflect.Struct:
		for i := 0; i < t.NumField() && !found; i++ {
			found = isRecursive(t.Field(i).Type, seen)
		}
	}
	seen[t] = false
	return found
}
