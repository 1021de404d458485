// Package fields checks that statistics are exported in full.
package fields

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/onsi/gomega"
)

// EachIsShownOnce checks that each field of the struct S is shown by exactly one metric, in
// its unit, and that metrics of the zero S are 0. Metrics returns those of s by name.
func EachIsShownOnce[S any](t *testing.T, metrics func(t *testing.T, s S) map[string]float64) {
	var none S
	zero := metrics(t, none)
	gomega.NewWithT(t).Expect(zero).To(gomega.HaveEach(0.0))
	for i := range reflect.TypeFor[S]().NumField() {
		var s S
		field := reflect.ValueOf(&s).Elem().Field(i)
		t.Run(reflect.TypeFor[S]().Field(i).Name, func(t *testing.T) {
			want := set(t, field)
			got := metrics(t, s)
			maps.DeleteFunc(got, func(name string, v float64) bool { return v == zero[name] })
			gomega.NewWithT(t).Expect(slices.Collect(maps.Values(got))).To(gomega.Equal([]float64{want}), "metrics that show the field")
		})
	}
}

// set sets a field to a value other than 0, and returns what is to be shown.
func set(t *testing.T, field reflect.Value) float64 {
	switch field.Interface().(type) {
	case int:
		field.SetInt(3)
	case uint64:
		field.SetUint(3)
	case time.Duration:
		field.SetInt(int64(1500 * time.Millisecond))
		return 1.5
	default:
		t.Fatalf("this test knows no values of type %v", field.Type())
	}
	return 3
}
