package promcollector_test

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
	"github.com/lastmodstore/lastmodstore/contrib/promcollector"
)

func TestTheStatsOfALoaderAreExportedAlsoAfterClose(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		l := lastmodstore.NewLoader(s, func(context.Context, string, entry, bool) (int, time.Duration, error) { return 1, time.Hour, nil })
		for range 2 {
			_, err := l.Get(t.Context(), "k")
			g.Expect(err).NotTo(HaveOccurred())
		}
		g.Expect(l.Close()).To(Succeed())
		c := promcollector.NewLoader("x", l)
		g.Expect(scrape(t, c)).To(And(HaveKeyWithValue("lastmodstore_loader_calls_total", 1.0), HaveKeyWithValue("lastmodstore_loader_loads_total", 1.0)))
		g.Expect(testutil.CollectAndLint(c)).To(BeEmpty())
	})
}

type fixedLoader struct{ stats lastmodstore.LoaderStats }

func (f fixedLoader) Stats() lastmodstore.LoaderStats { return f.stats }

func TestEveryFieldOfLoaderStatsIsExportedOnce(t *testing.T) {
	zero := scrape(t, promcollector.NewLoader("x", fixedLoader{}))
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
			got := scrape(t, promcollector.NewLoader("x", fixedLoader{stats}))
			maps.DeleteFunc(got, func(name string, v float64) bool { return v == zero[name] })
			g.Expect(slices.Collect(maps.Values(got))).To(Equal([]float64{want}), "metrics that show the field")
		})
	}
}
