package promcollector

import "github.com/prometheus/client_golang/prometheus"

const counter, gauge = prometheus.CounterValue, prometheus.GaugeValue

// An emitter exports one metric.
type emitter func(kind prometheus.ValueType, name string, value float64, help string)

// A collector exports what read returns. If that reports false, it exports nothing.
type collector[S any] struct {
	read  func() (S, bool)
	each  func(S, emitter) // emits the same metrics in the same order for each S
	descs []*prometheus.Desc
}

func newCollector[S any](prefix, store string, each func(S, emitter), read func() (S, bool)) *collector[S] {
	c := &collector[S]{read: read, each: each}
	var zero S
	each(zero, func(_ prometheus.ValueType, name string, _ float64, help string) {
		c.descs = append(c.descs, prometheus.NewDesc(prefix+name, help, nil, prometheus.Labels{"store": store}))
	})
	return c
}

// Describe implements [prometheus.Collector].
func (c *collector[S]) Describe(ch chan<- *prometheus.Desc) {
	for _, desc := range c.descs {
		ch <- desc
	}
}

// Collect implements [prometheus.Collector].
func (c *collector[S]) Collect(ch chan<- prometheus.Metric) {
	snapshot, ok := c.read()
	if !ok {
		return
	}
	descs := c.descs
	c.each(snapshot, func(kind prometheus.ValueType, _ string, value float64, _ string) {
		ch <- prometheus.MustNewConstMetric(descs[0], kind, value)
		descs = descs[1:]
	})
}

// isOpen reports whether the store whose Done channel this is was open when it was read
// just now: a store closes the channel before its counters become zero.
func isOpen(done <-chan struct{}) bool {
	select {
	case <-done:
		return false
	default:
		return true
	}
}
