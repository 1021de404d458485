package lastmodstore

import (
	"bytes"
	"encoding"
	"encoding/gob"
	"encoding/json"
	"reflect"
	"strings"
	"time"
)

// A keptBy is a codec that is known to preserve all values of some types, so that Save
// need not decode them again to be sure. The zero keptBy means that none is known.
type keptBy int

const (
	keptByGob  keptBy = iota + 1
	keptByJSON        // strings only if they are valid UTF-8
)

// codecKeeps returns the keptBy of c if c preserves every K and V, and otherwise zero.
// It identifies a codec by its functions, because the variables JSON and Gob and
// copies of them can be modified.
func codecKeeps[K comparable, V any](c Codec) keptBy {
	var k keptBy
	switch {
	case sameFunc(c.Marshal, marshalGob) && sameFunc(c.Unmarshal, unmarshalGob):
		k = keptByGob
	case sameFunc(c.Marshal, json.Marshal) && sameFunc(c.Unmarshal, json.Unmarshal):
		k = keptByJSON
	default:
		return 0
	}
	path := map[reflect.Type]bool{}
	if !k.keeps(reflect.TypeFor[K](), true, path) || !k.keeps(reflect.TypeFor[V](), false, path) {
		return 0
	}
	return k
}

func sameFunc(f, g any) bool { return reflect.ValueOf(f).Pointer() == reflect.ValueOf(g).Pointer() }

// asEncoded reports whether the values that payload encodes are known to come back
// equal. Package json writes an escaped U+FFFD only for invalid UTF-8. (A string that
// contains this text itself is only decoded needlessly.)
func (k keptBy) asEncoded(payload []byte) bool {
	return k == keptByGob || k == keptByJSON && !bytes.Contains(payload, []byte(`\ufffd`))
}

// keeps reports whether every value of type t comes back equal, compared by == if it
// is (part of) a key, and provided that its strings do. It returns false if that is
// not evident, as for the types on the path to t.
func (k keptBy) keeps(t reflect.Type, key bool, path map[reflect.Type]bool) bool {
	if t == reflect.TypeFor[time.Time]() {
		// JSON does not encode the seconds of a zone offset, and equal times are not
		// always ==.
		return k == keptByGob && !key
	}
	if t == reflect.TypeFor[json.Number]() && k == keptByJSON { // "" becomes 0
		return false
	}
	if path[t] || hasCodecMethod(t) {
		return false
	}
	path[t] = true
	defer delete(path, t)
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		return k.keeps(t.Elem(), key, path)
	case reflect.Map:
		return k.keeps(t.Key(), true, path) && k.keeps(t.Elem(), key, path)
	case reflect.Struct:
		return k.keepsFields(t, key, path)
	case reflect.String:
		return true
	}
	return reflect.Bool <= t.Kind() && t.Kind() <= reflect.Float64
}

// keepsFields is keeps for a struct. It requires that every field has a unique,
// plain name: that of its JSON tag, or its own.
func (k keptBy) keepsFields(t reflect.Type, key bool, path map[reflect.Type]bool) bool {
	names := map[string]bool{}
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Name
		if tag, ok := f.Tag.Lookup("json"); ok && k == keptByJSON {
			if tag = strings.TrimSuffix(tag, ",omitempty"); tag != "" {
				name = tag
			}
		}
		if !f.IsExported() || f.Anonymous || names[name] || !isWord(name) || !k.keeps(f.Type, key, path) {
			return false
		}
		names[name] = true
	}
	return true
}

func isWord(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && (r < '0' || '9' < r) && (r < 'A' || 'Z' < r) && (r < 'a' || 'z' < r)
	})
}

// hasCodecMethod reports whether values of type t can encode or decode themselves.
func hasCodecMethod(t reflect.Type) bool {
	for _, method := range []reflect.Type{
		reflect.TypeFor[json.Marshaler](), reflect.TypeFor[json.Unmarshaler](),
		reflect.TypeFor[gob.GobEncoder](), reflect.TypeFor[gob.GobDecoder](),
		reflect.TypeFor[encoding.BinaryMarshaler](), reflect.TypeFor[encoding.BinaryUnmarshaler](),
		reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[encoding.TextUnmarshaler](),
	} {
		if reflect.PointerTo(t).Implements(method) {
			return true
		}
	}
	return false
}
