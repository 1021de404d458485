package promcollector_test

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
	"github.com/lastmodstore/lastmodstore/contrib/internal/fields"
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
	fields.EachIsShownOnce(t, func(t *testing.T, stats lastmodstore.LoaderStats) map[string]float64 {
		return scrape(t, promcollector.NewLoader("x", fixedLoader{stats}))
	})
}
