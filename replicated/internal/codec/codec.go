// Package codec encodes single keys and values of a replicated store.
package codec

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"

	"github.com/lastmodstore/lastmodstore"
)

// A Codec encodes values of type T. It is safe for concurrent use if the functions of
// the snapshot codec are.
type Codec[T any] struct {
	Name   string                              // of the encoding; the same name means the same bytes
	Append func(b []byte, v T) ([]byte, error) // appends the encoding of v to b
	Decode func(data []byte) (T, error)
	check  func(v T) error // nil: every value is preserved
}

// Encode returns the encoding of v.
func (c Codec[T]) Encode(v T) ([]byte, error) { return c.Append(nil, v) }

// Check returns an error if v does not come back equal, as [lastmodstore.Save] does.
func (c Codec[T]) Check(v T) error {
	if c.check == nil {
		return nil
	}
	return c.check(v)
}

// ForKeys returns the codec for keys of type K: for basic types a binary one, otherwise
// by fallback.
func ForKeys[K comparable](fallback lastmodstore.Codec) Codec[K] {
	return newCodec(fallback, checkKey[K](fallback))
}

// ForValues is ForKeys for values; they have a binary codec if they are []byte, too.
func ForValues[V any](fallback lastmodstore.Codec) Codec[V] {
	return newCodec(fallback, checkValue[V](fallback))
}

func newCodec[T any](fallback lastmodstore.Codec, check func(T) error) Codec[T] {
	t := reflect.TypeFor[T]()
	if c, ok := basic[T](t); ok {
		c.Name = "binary " + t.Kind().String()
		return c
	}
	return Codec[T]{
		Name: fallback.Name + " " + t.String(),
		Append: func(b []byte, v T) ([]byte, error) {
			data, err := fallback.Marshal([]T{v})
			if b == nil {
				return data, err
			}
			return append(b, data...), err
		},
		Decode: func(data []byte) (v T, err error) {
			var one []T
			if err := fallback.Unmarshal(data, &one); err != nil {
				return v, err
			}
			if len(one) != 1 {
				return v, fmt.Errorf("%d values instead of one", len(one))
			}
			return one[0], nil
		},
		check: check,
	}
}

// basic returns the binary codec of a type that is a number, a bool, a string or a
// slice of bytes.
func basic[T any](t reflect.Type) (c Codec[T], ok bool) {
	switch t.Kind() {
	case reflect.String:
		return Codec[T]{
			Append: func(b []byte, v T) ([]byte, error) { return append(b, reflect.ValueOf(v).String()...), nil },
			Decode: func(data []byte) (v T, err error) {
				reflect.ValueOf(&v).Elem().SetString(string(data))
				return v, nil
			},
		}, true
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return bytesCodec[T](), true
		}
		return c, false
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr,
		reflect.Float32, reflect.Float64:
		return numberCodec[T](), true
	}
	return c, false
}

// bytesCodec distinguishes nil from empty.
func bytesCodec[T any]() Codec[T] {
	return Codec[T]{
		Append: func(b []byte, v T) ([]byte, error) {
			from := reflect.ValueOf(v)
			if from.IsNil() {
				return b, nil
			}
			return append(append(b, 1), from.Bytes()...), nil
		},
		Decode: func(data []byte) (v T, err error) {
			if len(data) > 0 {
				reflect.ValueOf(&v).Elem().SetBytes(append([]byte{}, data[1:]...))
			}
			return v, nil
		},
	}
}

// numberCodec encodes numbers and bools in 8 bytes.
func numberCodec[T any]() Codec[T] {
	return Codec[T]{
		Append: func(b []byte, v T) ([]byte, error) {
			return binary.BigEndian.AppendUint64(b, bitsOf(reflect.ValueOf(v))), nil
		},
		Decode: func(data []byte) (v T, err error) {
			if len(data) != 8 {
				return v, fmt.Errorf("a number of %d bytes instead of 8", len(data))
			}
			return v, setBits(reflect.ValueOf(&v).Elem(), binary.BigEndian.Uint64(data))
		},
	}
}

func bitsOf(v reflect.Value) uint64 {
	switch {
	case v.CanInt():
		return uint64(v.Int())
	case v.CanUint():
		return v.Uint()
	case v.CanFloat():
		return math.Float64bits(v.Float())
	case v.Bool():
		return 1
	}
	return 0
}

// setBits sets v to the number or bool that bits encode. It returns an error if v
// cannot hold it, as when nodes have words of different sizes.
func setBits(v reflect.Value, bits uint64) error {
	switch {
	case v.CanInt():
		v.SetInt(int64(bits))
	case v.CanUint():
		v.SetUint(bits)
	case v.CanFloat():
		v.SetFloat(math.Float64frombits(bits))
	default:
		v.SetBool(bits == 1)
	}
	if back := bitsOf(v); back != bits {
		return fmt.Errorf("the number does not fit into %v", v.Type())
	}
	return nil
}
