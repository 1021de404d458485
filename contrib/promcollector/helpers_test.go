package promcollector_test

import (
	"maps"
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scrape returns the values of all metrics that c exports. A pedantic registry checks
// that they are those that c describes.
func scrape(t *testing.T, c prometheus.Collector) map[string]float64 {
	t.Helper()
	g := NewWithT(t)
	registry := prometheus.NewPedanticRegistry()
	g.Expect(registry.Register(c)).To(Succeed())
	families, err := registry.Gather()
	g.Expect(err).NotTo(HaveOccurred())
	values := make(map[string]float64)
	for _, f := range families {
		g.Expect(f.GetMetric()).To(HaveLen(1))
		values[f.GetName()] = value(f.GetMetric()[0])
	}
	return values
}

func value(m *dto.Metric) float64 {
	if m.Counter != nil {
		return m.GetCounter().GetValue()
	}
	return m.GetGauge().GetValue()
}

// differences returns the names of the metrics whose values differ, sorted.
func differences(a, b map[string]float64) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if a[name] != b[name] {
			names = append(names, name)
		}
	}
	return names
}
