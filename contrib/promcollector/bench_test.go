package promcollector_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/contrib/promcollector"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

const (
	entries = 1_000_000
	batch   = 10_000
)

var benchmarked = []struct {
	name string
	open func() lastmodstore.Store[int, int]
}{
	{"actor", func() lastmodstore.Store[int, int] { return actor.New[int, int](time.Second) }},
	{"mutexstore", func() lastmodstore.Store[int, int] { return mutexstore.New[int, int](time.Second) }},
	{"sharded", func() lastmodstore.Store[int, int] {
		return lastmodstore.NewSharded(16, func() lastmodstore.Store[int, int] { return mutexstore.New[int, int](time.Second) })
	}},
}

// BenchmarkScrape measures a request for the metrics of a store of a million entries, and
// the part of it that is the call of Stats, while nobody or one caller writes.
func BenchmarkScrape(b *testing.B) {
	for _, e := range benchmarked {
		s := fill(b, e.open())
		request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		registry := prometheus.NewRegistry()
		registry.MustRegister(promcollector.New("x", s))
		handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
		for _, writers := range []string{"writers=0", "writers=1"} {
			prefix := "engine=" + e.name + "/" + writers
			b.Run(prefix+"/part=request", func(b *testing.B) {
				measure(b, s, writers, func() { handler.ServeHTTP(httptest.NewRecorder(), request) })
			})
			b.Run(prefix+"/part=stats", func(b *testing.B) { measure(b, s, writers, func() { s.Stats() }) })
		}
		s.Close()
	}
}

func measure(b *testing.B, s lastmodstore.Store[int, int], writers string, f func()) {
	if writers == "writers=1" {
		stop, stopped := make(chan struct{}), make(chan struct{})
		go write(s, stop, stopped)
		defer func() {
			close(stop)
			<-stopped
		}()
	}
	var longest time.Duration
	for b.Loop() {
		began := time.Now()
		f()
		longest = max(longest, time.Since(began))
	}
	b.ReportMetric(float64(longest), "longest-ns")
}

// write overwrites entries until stop is closed, and closes stopped.
func write(s lastmodstore.Store[int, int], stop <-chan struct{}, stopped chan<- struct{}) {
	defer close(stopped)
	for k := 0; ; k = (k + 1) % entries {
		select {
		case <-stop:
			return
		default:
			s.Set(k, k, time.Hour)
		}
	}
}

func fill(b *testing.B, s lastmodstore.Store[int, int]) lastmodstore.Store[int, int] {
	for from := 0; from < entries; from += batch {
		values := make(map[int]int, batch)
		for k := from; k < from+batch; k++ {
			values[k] = k
		}
		if err := s.SetMany(values, time.Hour); err != nil {
			b.Fatal(err)
		}
	}
	if n := s.Stats().Entries; n != entries {
		b.Fatalf("%d entries", n)
	}
	return s
}
