package promcollector_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/promcollector"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

func ExampleNew() {
	s := mutexstore.New[string, int](time.Minute, lastmodstore.CountReads())
	defer s.Close()
	registry := prometheus.NewRegistry() // or prometheus.DefaultRegisterer
	registry.MustRegister(promcollector.New("sessions", s))

	if err := s.Set("a", 1, time.Hour); err != nil {
		log.Fatal(err)
	}
	s.Get("a")
	s.Get("b")

	scrape := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(scrape, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(scrape.Body.String()) {
		if !strings.HasPrefix(line, "#") && !strings.Contains(line, "sweep") {
			fmt.Print(line)
		}
	}
	// Output:
	// lastmodstore_deletes_total{store="sessions"} 0
	// lastmodstore_entries{store="sessions"} 1
	// lastmodstore_evictions_total{store="sessions"} 0
	// lastmodstore_expirations_total{store="sessions"} 0
	// lastmodstore_hits_total{store="sessions"} 1
	// lastmodstore_max_weight{store="sessions"} 0
	// lastmodstore_misses_total{store="sessions"} 1
	// lastmodstore_pending_removals{store="sessions"} 0
	// lastmodstore_sets_total{store="sessions"} 1
	// lastmodstore_weight{store="sessions"} 0
}
