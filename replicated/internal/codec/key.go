package codec

import (
	"fmt"
	"reflect"
	"time"
)

// CheckKeys returns an error if keys of type K may decode to keys that are not equal
// to themselves as they were encoded, on another node: those that refer to something by
// address. A [time.Time] refers to its location.
func CheckKeys[K comparable]() error {
	if part := addressIn(reflect.TypeFor[K]()); part != nil {
		return fmt.Errorf("keys of type %v are compared by the addresses of %v, which differ from node to node: use another type", reflect.TypeFor[K](), part)
	}
	return nil
}

// addressIn returns a type in t whose values are compared by address, or nil.
func addressIn(t reflect.Type) reflect.Type {
	if t == reflect.TypeFor[time.Time]() {
		return t
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Chan, reflect.Interface, reflect.UnsafePointer:
		return t
	case reflect.Array:
		return addressIn(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if part := addressIn(t.Field(i).Type); part != nil {
				return part
			}
		}
	}
	return nil
}
