package promcollector_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
	"github.com/lastmodstore/lastmodstore/contrib/internal/fields"
	"github.com/lastmodstore/lastmodstore/contrib/promcollector"
)

type (
	store = lastmodstore.Store[string, int]
	entry = lastmodstore.Entry[int]
)

func TestStatsOfEachEngineAreExported(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		for _, k := range []string{"a", "b", "c", "d"} {
			g.Expect(s.Set(k, 1, time.Hour)).To(Succeed())
		}
		s.Get("a")
		s.Get("b")
		s.Get("absent")
		g.Expect(s.Delete("a")).To(BeTrue())
		g.Expect(s.Touch("b", time.Nanosecond)).To(BeTrue())
		g.Eventually(func() int { s.Cleanup(); return s.Len() }, time.Minute).Should(Equal(2))

		got := scrape(t, promcollector.New("x", s))
		g.Expect(got).To(HaveKeyWithValue("lastmodstore_sweeps_total", BeNumerically(">", 0)))
		g.Expect(got).To(HaveKeyWithValue("lastmodstore_longest_sweep_step_seconds", And(BeNumerically(">=", 0), BeNumerically("<", 60))))
		delete(got, "lastmodstore_sweeps_total")
		delete(got, "lastmodstore_longest_sweep_step_seconds")
		g.Expect(got).To(Equal(map[string]float64{
			"lastmodstore_entries":           2,
			"lastmodstore_weight":            0,
			"lastmodstore_max_weight":        0,
			"lastmodstore_hits_total":        2,
			"lastmodstore_misses_total":      1,
			"lastmodstore_sets_total":        4,
			"lastmodstore_deletes_total":     1,
			"lastmodstore_expirations_total": 1,
			"lastmodstore_evictions_total":   0,
			"lastmodstore_pending_removals":  0,
		}))
	}, lastmodstore.CountReads())
}

func TestEvictionsAndPendingRemovalsAreExported(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		held, calls := make(chan struct{}), make(chan struct{}, 100)
		defer s.OnRemove(func(string, entry, lastmodstore.EventKind) { calls <- struct{}{}; <-held })()
		defer close(held)
		for _, k := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"} {
			g.Expect(s.Set(k, 1, time.Hour)).To(Succeed())
		}
		g.Eventually(calls, time.Minute).Should(Receive())
		got, want := scrape(t, promcollector.New("x", s)), s.Stats()
		g.Expect(want.Evictions).To(BeNumerically(">", 1))
		g.Expect(want.PendingRemovals).To(BeNumerically(">", 0))
		g.Expect(got).To(HaveKeyWithValue("lastmodstore_evictions_total", float64(want.Evictions)))
		g.Expect(got).To(HaveKeyWithValue("lastmodstore_pending_removals", float64(want.PendingRemovals)))
	}, lastmodstore.MaxEntries(1))
}

func TestAClosedStoreExportsNothing(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		c := promcollector.New("x", s)
		g.Expect(scrape(t, c)).NotTo(BeEmpty())
		g.Expect(s.Close()).To(Succeed())
		g.Expect(scrape(t, c)).To(BeEmpty())
	})
}

// A scrape that meets Close sees the counters as they were, or nothing: not zeros.
func TestAScrapeConcurrentWithCloseExportsNoZeros(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		g.Expect(s.Set("k", 1, time.Hour)).To(Succeed())
		c := promcollector.New("x", s)
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			s.Close()
		}()
		for {
			got := scrape(t, c)
			if len(got) == 0 {
				break
			}
			g.Expect(got).To(HaveKeyWithValue("lastmodstore_sets_total", 1.0))
		}
		<-closed
	})
}

func TestOneRegistryHoldsSeveralStores(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		registry := prometheus.NewPedanticRegistry()
		g.Expect(registry.Register(promcollector.New("a", s))).To(Succeed())
		g.Expect(registry.Register(promcollector.New("b", s))).To(Succeed())
		g.Expect(registry.Register(promcollector.New("a", s))).To(BeAssignableToTypeOf(prometheus.AlreadyRegisteredError{}))
		g.Expect(testutil.GatherAndCount(registry, "lastmodstore_entries")).To(Equal(2))
		g.Expect(registry.Unregister(promcollector.New("a", s))).To(BeTrue(), "by name")
		g.Expect(testutil.GatherAndCount(registry, "lastmodstore_entries")).To(Equal(1))
	})
}

func TestANameThatIsNotUTF8IsRefusedByTheRegistry(t *testing.T) {
	g := NewWithT(t)
	g.Expect(prometheus.NewRegistry().Register(promcollector.New("\xff", fixed{}))).To(MatchError(ContainSubstring("not valid UTF-8")))
}

func TestMetricsFollowTheConventions(t *testing.T) {
	g := NewWithT(t)
	node := engines.Nodes[string, int](t, 1)[0]
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(promcollector.New("a", node), promcollector.New("b", node), promcollector.NewHealth("a", node))
	problems, err := testutil.GatherAndLint(registry)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(problems).To(BeEmpty())
}

// fixed is the source of a snapshot.
type fixed struct{ stats lastmodstore.Stats }

func (f fixed) Stats() lastmodstore.Stats { return f.stats }
func (f fixed) Done() <-chan struct{}     { return nil }

func TestEveryFieldOfStatsIsExportedOnce(t *testing.T) {
	fields.EachIsShownOnce(t, func(t *testing.T, stats lastmodstore.Stats) map[string]float64 {
		return scrape(t, promcollector.New("x", fixed{stats}))
	})
}
