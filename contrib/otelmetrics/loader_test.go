package otelmetrics_test

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
	"github.com/lastmodstore/lastmodstore/contrib/internal/fields"
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
	fields.EachIsShownOnce(t, func(t *testing.T, stats lastmodstore.LoaderStats) map[string]float64 {
		return observedLoader(t, fixedLoader{stats})
	})
}
