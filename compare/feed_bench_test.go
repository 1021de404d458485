package compare_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare/engines"
)

// BenchmarkWatchReceipt measures from Set to the receipt by a waiting watcher. Compare
// it with engine=pingpong of BenchmarkReadContention, a bare round trip.
func BenchmarkWatchReceipt(b *testing.B) {
	eachEngine(b, "", 1000, func(b *testing.B, s lastmodstore.Store[string, int], keys []string) {
		received := make(chan struct{})
		go func() {
			mark, _ := s.GetLastModified(keys[len(keys)-1])
			for e := range s.Watch(context.Background(), mark) {
				if e.Kind == lastmodstore.Modified {
					received <- struct{}{}
				}
			}
		}()
		for i := 0; b.Loop(); i++ {
			s.Set(keys[i%len(keys)], i, 0)
			<-received
		}
	})
}

// BenchmarkWatchBacklog reads 1,000,000 changes through one watcher.
func BenchmarkWatchBacklog(b *testing.B) {
	eachEngine(b, "", 1_000_000, func(b *testing.B, s lastmodstore.Store[string, int], keys []string) {
		for b.Loop() {
			n := 0
			for range s.Watch(context.Background(), time.Time{}) {
				if n++; n == len(keys) {
					break
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed())/float64(b.N*len(keys)), "ns/event")
	})
}

// BenchmarkSetBesideWatchers measures what watchers cost a writer: parked in their
// bodies, or waiting.
func BenchmarkSetBesideWatchers(b *testing.B) {
	for _, kind := range []string{"none", "parked", "waiting"} {
		for _, e := range engines.All() {
			b.Run(fmt.Sprintf("engine=%s/watchers=%s", e.Name, kind), func(b *testing.B) {
				s := e.Strings(0)
				defer s.Close()
				s.Set("a", 0, 0)
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				n := 1000
				if kind == "none" {
					n = 0
				}
				begun := make(chan struct{})
				for range n {
					go func() {
						first := true
						for range s.Watch(ctx, time.Time{}) {
							if first {
								first = false
								begun <- struct{}{}
								if kind == "parked" {
									<-ctx.Done()
								}
							}
						}
					}()
				}
				for range n {
					<-begun
				}
				for i := 0; b.Loop(); i++ {
					s.Set("a", i, 0)
				}
			})
		}
	}
}
