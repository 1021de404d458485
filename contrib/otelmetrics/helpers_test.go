package otelmetrics_test

import (
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	"go.opentelemetry.io/otel/attribute"
	otelmetric "go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/goleak"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/otelmetrics"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newMeter returns a meter and its reader.
func newMeter() (otelmetric.Meter, *metric.ManualReader) {
	reader := metric.NewManualReader()
	return metric.NewMeterProvider(metric.WithReader(reader)).Meter("test"), reader
}

// collect returns the metrics that reader collects, by name.
func collect(t *testing.T, reader *metric.ManualReader) map[string]metricdata.Metrics {
	t.Helper()
	g := NewWithT(t)
	var collected metricdata.ResourceMetrics
	g.Expect(reader.Collect(t.Context(), &collected)).To(Succeed())
	metrics := make(map[string]metricdata.Metrics)
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			g.Expect(metrics).NotTo(HaveKey(m.Name))
			metrics[m.Name] = m
		}
	}
	return metrics
}

// values returns the values of the metrics of a store, by name.
func values(t *testing.T, metrics map[string]metricdata.Metrics, store string) map[string]float64 {
	t.Helper()
	of := make(map[string]float64)
	for name, m := range metrics {
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			add(of, name, store, data.DataPoints)
		case metricdata.Sum[float64]:
			add(of, name, store, data.DataPoints)
		case metricdata.Gauge[float64]:
			add(of, name, store, data.DataPoints)
		default:
			t.Fatalf("%s is a %T", name, data)
		}
	}
	return of
}

func add[N int64 | float64](of map[string]float64, name, store string, points []metricdata.DataPoint[N]) {
	want := attribute.NewSet(attribute.String("lastmodstore.store.name", store))
	i := slices.IndexFunc(points, func(p metricdata.DataPoint[N]) bool { return p.Attributes.Equals(&want) })
	if i >= 0 {
		of[name] = float64(points[i].Value)
	}
}

// fixed is the source of a snapshot.
type fixed struct{ stats lastmodstore.Stats }

func (f fixed) Stats() lastmodstore.Stats { return f.stats }
func (f fixed) Done() <-chan struct{}     { return nil }

// observed returns the values that are observed of s.
func observed(t *testing.T, s otelmetrics.Source) map[string]float64 {
	t.Helper()
	meter, reader := newMeter()
	_, err := otelmetrics.Register(meter, "x", s)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return values(t, collect(t, reader), "x")
}
