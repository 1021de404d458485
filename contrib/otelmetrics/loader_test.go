package otelmetrics_test

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
	"github.com/lastmodstore/lastmodstore/contrib/otelmetrics"
)

func TestTheStatsOfALoaderAreObservedAlsoAfterClose(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		l := lastmodstore.NewLoader(s, func(context.Context, string, lastmodstore.Entry[int], bool) (int, time.Duration, error) {
			return 1, time.Hour, nil
		})
		for range 2 {
			_, err := l.Get(t.Context(), "k")
			g.Expect(err).NotTo(HaveOccurred())
		}
		g.Expect(l.Close()).To(Succeed())
		g.Expect(observedLoader(t, l)).To(And(HaveKeyWithValue("lastmodstore.loader.calls", 1.0), HaveKeyWithValue("lastmodstore.loader.loads", 1.0)))
	})
}

// observedLoader returns the values that are observed of l.
func observedLoader(t *testing.T, l otelmetrics.LoaderSource) map[string]float64 {
	t.Helper()
	meter, reader := newMeter()
	_, err := otelmetrics.RegisterLoader(meter, "x", l)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return values(t, collect(t, reader), "x")
}

type fixedLoader struct{ stats lastmodstore.LoaderStats }

func (f fixedLoader) Stats() lastmodstore.LoaderStats { return f.stats }

func TestEveryFieldOfLoaderStatsIsObservedOnce(t *testing.T) {
	zero := observedLoader(t, fixedLoader{})
	NewWithT(t).Expect(zero).To(HaveEach(0.0))
	for i := range reflect.TypeFor[lastmodstore.LoaderStats]().NumField() {
		var stats lastmodstore.LoaderStats
		field := reflect.ValueOf(&stats).Elem().Field(i)
		t.Run(reflect.TypeOf(stats).Field(i).Name, func(t *testing.T) {
			g := NewWithT(t)
			want := 3.0
			switch field.Interface().(type) {
			case int:
				field.SetInt(3)
			case uint64:
				field.SetUint(3)
			case time.Duration:
				field.SetInt(int64(1500 * time.Millisecond))
				want = 1.5
			default:
				t.Fatalf("this test knows no values of type %v", field.Type())
			}
			got := observedLoader(t, fixedLoader{stats})
			maps.DeleteFunc(got, func(name string, v float64) bool { return v == zero[name] })
			g.Expect(slices.Collect(maps.Values(got))).To(Equal([]float64{want}), "metrics that show the field")
		})
	}
}
