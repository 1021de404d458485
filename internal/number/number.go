// Package number adds values of a type that is known to be numeric only at run time.
package number

import (
	"reflect"
	"unsafe"
)

// Sum returns a function that adds two values of type V as the operator + does. It
// returns nil if V is not an integer or floating-point type.
func Sum[V any]() func(a, b V) V {
	switch reflect.TypeFor[V]().Kind() {
	case reflect.Int:
		return sum[V, int]
	case reflect.Int8:
		return sum[V, int8]
	case reflect.Int16:
		return sum[V, int16]
	case reflect.Int32:
		return sum[V, int32]
	case reflect.Int64:
		return sum[V, int64]
	case reflect.Uint:
		return sum[V, uint]
	case reflect.Uint8:
		return sum[V, uint8]
	case reflect.Uint16:
		return sum[V, uint16]
	case reflect.Uint32:
		return sum[V, uint32]
	case reflect.Uint64:
		return sum[V, uint64]
	case reflect.Uintptr:
		return sum[V, uintptr]
	case reflect.Float32:
		return sum[V, float32]
	case reflect.Float64:
		return sum[V, float64]
	}
	return nil
}

// Identical reports whether two numbers have the same bits, so that a NaN is identical to
// itself. V must be a type for which Sum returns a function.
func Identical[V any](a, b *V) bool {
	size := unsafe.Sizeof(*a)
	return string(unsafe.Slice((*byte)(unsafe.Pointer(a)), size)) == string(unsafe.Slice((*byte)(unsafe.Pointer(b)), size))
}

type numeric interface {
	int | int8 | int16 | int32 | int64 | uint | uint8 | uint16 | uint32 | uint64 | uintptr | float32 | float64
}

// sum returns a + b. The underlying type of V must be N.
func sum[V any, N numeric](a, b V) V {
	s := *(*N)(unsafe.Pointer(&a)) + *(*N)(unsafe.Pointer(&b))
	return *(*V)(unsafe.Pointer(&s))
}
