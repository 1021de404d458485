package lastmodstore

import (
	"bytes"
	"fmt"
	"reflect"
	"unsafe"
)

// A comparer compares values as documented for [Save]. The zero comparer is ready to
// use.
type comparer struct {
	methods map[reflect.Type]bool // whether a type has a method Equal to compare by
	seen    map[[2]reference]bool // pairs that were compared or are being compared
}

// values reports whether the values that a and b point to, which have the same type,
// are equal. If they are not, it returns the path from the value to the first
// difference.
func (c *comparer) values(a, b any) (where string, ok bool) {
	clear(c.seen)
	return c.equal(reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem())
}

// equal compares two values of the same type. They must be addressable and not
// obtained through unexported fields; field and addressable ensure this for their
// parts.
func (c *comparer) equal(x, y reflect.Value) (where string, ok bool) {
	if isNilable(x.Kind()) && (isEmpty(x) || isEmpty(y)) {
		return "", isEmpty(x) && isEmpty(y)
	}
	if c.hasEqual(x.Type()) {
		return "", x.MethodByName("Equal").Call([]reflect.Value{y})[0].Bool()
	}
	if c.visited(x, y) {
		return "", true
	}
	switch x.Kind() {
	case reflect.Struct:
		return c.fields(x, y)
	case reflect.Slice, reflect.Array:
		return c.elements(x, y)
	case reflect.Map:
		return c.entries(x, y)
	case reflect.Pointer:
		return c.equal(x.Elem(), y.Elem())
	case reflect.Interface:
		if x, y := addressable(x.Elem()), addressable(y.Elem()); x.Type() == y.Type() {
			return c.equal(x, y)
		}
		return "", false
	}
	return "", sameScalar(x, y)
}

func isNilable(k reflect.Kind) bool {
	switch k {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface, reflect.Func, reflect.Chan:
		return true
	}
	return false
}

func isEmpty(v reflect.Value) bool {
	if v.Kind() == reflect.Map || v.Kind() == reflect.Slice {
		return v.Len() == 0
	}
	return v.IsNil()
}

// hasEqual reports whether t has a method Equal(t) bool.
func (c *comparer) hasEqual(t reflect.Type) bool {
	if t.NumMethod() == 0 || t.Kind() == reflect.Interface {
		return false
	}
	has, known := c.methods[t]
	if !known {
		if m, ok := t.MethodByName("Equal"); ok {
			has = m.Type == reflect.FuncOf([]reflect.Type{t, t}, []reflect.Type{reflect.TypeFor[bool]()}, false)
		}
		if c.methods == nil {
			c.methods = map[reflect.Type]bool{}
		}
		c.methods[t] = has
	}
	return has
}

// visited reports whether what x and y refer to has already been compared or is being
// compared, which ends cycles. If not, it marks the pair as visited.
func (c *comparer) visited(x, y reflect.Value) bool {
	p, ok := referenceOf(x)
	if !ok || !canBeCyclic(x.Type()) {
		return false
	}
	q, _ := referenceOf(y)
	pair := [2]reference{p, q}
	if c.seen[pair] {
		return true
	}
	if c.seen == nil {
		c.seen = map[[2]reference]bool{}
	}
	c.seen[pair] = true
	return false
}

func (c *comparer) fields(x, y reflect.Value) (where string, ok bool) {
	for i := range x.NumField() {
		if where, ok := c.equal(field(x, i), field(y, i)); !ok {
			if name := x.Type().Field(i).Name; name != "_" {
				return "." + name + where, false
			}
		}
	}
	return "", true
}

// field returns field i of v. An unexported field can be used like an exported one.
func field(v reflect.Value, i int) reflect.Value {
	f := v.Field(i)
	if !f.CanInterface() {
		f = reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
	}
	return f
}

func (c *comparer) elements(x, y reflect.Value) (where string, ok bool) {
	if x.Len() != y.Len() {
		return "", false
	}
	if x.Type().Elem() == reflect.TypeFor[byte]() {
		return "", bytes.Equal(x.Bytes(), y.Bytes())
	}
	for i := range x.Len() {
		if where, ok := c.equal(x.Index(i), y.Index(i)); !ok {
			return fmt.Sprintf("[%d]%s", i, where), false
		}
	}
	return "", true
}

func (c *comparer) entries(x, y reflect.Value) (where string, ok bool) {
	if x.Len() != y.Len() {
		return "", false
	}
	for it := x.MapRange(); it.Next(); {
		other := y.MapIndex(it.Key())
		if !other.IsValid() {
			return fmt.Sprintf("[%s]", quoteKey(it.Key().Interface())), false
		}
		if where, ok := c.equal(addressable(it.Value()), addressable(other)); !ok {
			return fmt.Sprintf("[%s]%s", quoteKey(it.Key().Interface()), where), false
		}
	}
	return "", true
}

// addressable returns an addressable copy of v.
func addressable(v reflect.Value) reflect.Value {
	p := reflect.New(v.Type()).Elem()
	p.Set(v)
	return p
}

func sameScalar(x, y reflect.Value) bool {
	switch x.Kind() {
	case reflect.Float32, reflect.Float64:
		return sameFloat(x.Float(), y.Float())
	case reflect.Complex64, reflect.Complex128:
		return sameFloat(real(x.Complex()), real(y.Complex())) && sameFloat(imag(x.Complex()), imag(y.Complex()))
	case reflect.Func:
		return false // neither is nil
	}
	return x.Equal(y)
}

func sameFloat(x, y float64) bool { return x == y || x != x && y != y }
