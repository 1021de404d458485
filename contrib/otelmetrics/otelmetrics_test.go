package otelmetrics_test

import (
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	otelmetric "go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
	"github.com/lastmodstore/lastmodstore/contrib/internal/fields"
	"github.com/lastmodstore/lastmodstore/contrib/otelmetrics"
)

type store = lastmodstore.Store[string, int]

func TestStatsOfEachEngineAreObserved(t *testing.T) {
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

		got := observed(t, s)
		g.Expect(got).To(HaveKeyWithValue("lastmodstore.sweeps", BeNumerically(">", 0)))
		g.Expect(got).To(HaveKeyWithValue("lastmodstore.longest_sweep_step", And(BeNumerically(">=", 0), BeNumerically("<", 60))))
		delete(got, "lastmodstore.sweeps")
		delete(got, "lastmodstore.longest_sweep_step")
		g.Expect(got).To(Equal(map[string]float64{
			"lastmodstore.entry.count":           2,
			"lastmodstore.weight":                0,
			"lastmodstore.weight.limit":          0,
			"lastmodstore.hits":                  2,
			"lastmodstore.misses":                1,
			"lastmodstore.sets":                  4,
			"lastmodstore.deletes":               1,
			"lastmodstore.expirations":           1,
			"lastmodstore.evictions":             0,
			"lastmodstore.pending_removal.count": 0,
		}))
	}, lastmodstore.CountReads())
}

func TestAClosedStoreIsNotObserved(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		meter, reader := newMeter()
		_, err := otelmetrics.Register(meter, "x", s)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(values(t, collect(t, reader), "x")).NotTo(BeEmpty())
		g.Expect(s.Close()).To(Succeed())
		g.Expect(values(t, collect(t, reader), "x")).To(BeEmpty())
	})
}

func TestACollectionConcurrentWithCloseObservesNoZeros(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		g.Expect(s.Set("k", 1, time.Hour)).To(Succeed())
		meter, reader := newMeter()
		_, err := otelmetrics.Register(meter, "x", s)
		g.Expect(err).NotTo(HaveOccurred())
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			s.Close()
		}()
		for {
			got := values(t, collect(t, reader), "x")
			if len(got) == 0 {
				break
			}
			g.Expect(got).To(HaveKeyWithValue("lastmodstore.sets", 1.0))
		}
		<-closed
	})
}

func TestOneMeterHasSeveralStoresUntilTheyAreUnregistered(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		g.Expect(s.Set("k", 1, time.Hour)).To(Succeed())
		meter, reader := newMeter()
		a, err := otelmetrics.Register(meter, "a", s)
		g.Expect(err).NotTo(HaveOccurred())
		_, err = otelmetrics.Register(meter, "b", fixed{lastmodstore.Stats{Sets: 5}})
		g.Expect(err).NotTo(HaveOccurred())
		got := collect(t, reader)
		g.Expect(values(t, got, "a")).To(HaveKeyWithValue("lastmodstore.sets", 1.0))
		g.Expect(values(t, got, "b")).To(HaveKeyWithValue("lastmodstore.sets", 5.0))

		g.Expect(a()).To(Succeed())
		g.Expect(a()).To(Succeed(), "twice")
		got = collect(t, reader)
		g.Expect(values(t, got, "a")).To(BeEmpty())
		g.Expect(values(t, got, "b")).To(HaveKeyWithValue("lastmodstore.sets", 5.0))
	})
}

func TestInstrumentsHaveKindUnitAndDescription(t *testing.T) {
	g := NewWithT(t)
	meter, reader := newMeter()
	_, err := otelmetrics.Register(meter, "x", fixed{})
	g.Expect(err).NotTo(HaveOccurred())
	var counters []string
	for name, m := range collect(t, reader) {
		g.Expect(m.Unit).NotTo(BeEmpty(), name)
		g.Expect(m.Description).To(HaveSuffix("."), name)
		if sum, ok := m.Data.(metricdata.Sum[int64]); ok && sum.IsMonotonic {
			g.Expect(sum.Temporality).To(Equal(metricdata.CumulativeTemporality))
			counters = append(counters, name)
		}
	}
	g.Expect(counters).To(ConsistOf("lastmodstore.hits", "lastmodstore.misses", "lastmodstore.sets", "lastmodstore.deletes",
		"lastmodstore.expirations", "lastmodstore.evictions", "lastmodstore.sweeps"))
}

func TestEveryFieldOfStatsIsObservedOnce(t *testing.T) {
	fields.EachIsShownOnce(t, func(t *testing.T, stats lastmodstore.Stats) map[string]float64 { return observed(t, fixed{stats}) })
}

// A failing meter fails to create the counter of hits, or to register a callback.
type failing struct {
	otelmetric.Meter
	counter, callback error
}

func (m failing) Int64ObservableCounter(name string, opts ...otelmetric.Int64ObservableCounterOption) (otelmetric.Int64ObservableCounter, error) {
	if name == "lastmodstore.hits" && m.counter != nil {
		return nil, m.counter
	}
	return m.Meter.Int64ObservableCounter(name, opts...)
}

func (m failing) RegisterCallback(f otelmetric.Callback, instruments ...otelmetric.Observable) (otelmetric.Registration, error) {
	if m.callback == nil {
		return m.Meter.RegisterCallback(f, instruments...)
	}
	registration, err := m.Meter.RegisterCallback(f, instruments[1:]...)
	return registration, errors.Join(err, m.callback)
}

func TestErrorsOfTheMeterAreReturnedAndNothingStaysRegistered(t *testing.T) {
	for _, m := range []failing{{counter: errors.New("no counter")}, {callback: errors.New("not for all instruments")}} {
		g := NewWithT(t)
		meter, reader := newMeter()
		m.Meter = meter
		unregister, err := otelmetrics.Register(m, "x", fixed{})
		g.Expect(err).To(MatchError(errors.Join(m.counter, m.callback).Error()))
		g.Expect(unregister).To(BeNil())
		g.Expect(collect(t, reader)).To(BeEmpty())
	}
}

func TestAnInstrumentThatAViewDropsIsLeftOut(t *testing.T) {
	g := NewWithT(t)
	reader := metric.NewManualReader()
	drop := metric.NewView(metric.Instrument{Name: "lastmodstore.hits"}, metric.Stream{Aggregation: metric.AggregationDrop{}})
	meter := metric.NewMeterProvider(metric.WithReader(reader), metric.WithView(drop)).Meter("test")
	_, err := otelmetrics.Register(meter, "x", fixed{})
	g.Expect(err).NotTo(HaveOccurred())
	got := values(t, collect(t, reader), "x")
	g.Expect(got).To(HaveKey("lastmodstore.misses"))
	g.Expect(got).NotTo(HaveKey("lastmodstore.hits"))
}
