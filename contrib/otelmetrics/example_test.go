package otelmetrics_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/otelmetrics"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// A program would have a provider with an exporter, or [otel.Meter].
func ExampleRegister() {
	s := mutexstore.New[string, int](time.Minute, lastmodstore.CountReads())
	defer s.Close()
	reader := metric.NewManualReader()
	meter := metric.NewMeterProvider(metric.WithReader(reader)).Meter("example")
	unregister, err := otelmetrics.Register(meter, "sessions", s)
	if err != nil {
		log.Fatal(err)
	}
	defer unregister()

	if err := s.Set("a", 1, time.Hour); err != nil {
		log.Fatal(err)
	}
	s.Get("a")

	var collected metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &collected); err != nil {
		log.Fatal(err)
	}
	for _, m := range collected.ScopeMetrics[0].Metrics {
		if sum, ok := m.Data.(metricdata.Sum[int64]); ok && sum.DataPoints[0].Value > 0 {
			fmt.Println(m.Name, sum.DataPoints[0].Value, m.Unit)
		}
	}
	// Output:
	// lastmodstore.entry.count 1 {entry}
	// lastmodstore.hits 1 {read}
	// lastmodstore.sets 1 {entry}
}
