package compare_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare/baseline"
	"github.com/lastmodstore/lastmodstore/compare/engines"
)

// Read the benchmarks with benchstat -col /engine. make bench-ratio prints ratios and
// goals.

type store interface {
	Get(key string) (int, bool)
	Set(key string, value int, ttl time.Duration) error
}

// implementations returns the engines and their baselines.
func implementations() (names []string, open map[string]func() (store, func())) {
	open = map[string]func() (store, func()){
		"rwmap": func() (store, func()) { return baseline.NewRWMap[int](), func() {} },
		"textbook": func() (store, func()) {
			s := baseline.NewTextbook[int](time.Minute)
			return s, s.Close
		},
		"pingpong": func() (store, func()) {
			s := baseline.NewPingPong()
			return s, s.Close
		},
	}
	for _, e := range engines.All() {
		names = append(names, e.Name)
		open[e.Name] = func() (store, func()) {
			s := e.Strings(time.Minute)
			return s, func() { s.Close() }
		}
	}
	return append(names, "rwmap", "textbook", "pingpong"), open
}

func benchKeys(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("key-%08d", i)
	}
	return keys
}

// each runs the benchmark for every implementation, filled with keys.
func each(b *testing.B, params string, keys []string, run func(b *testing.B, s store)) {
	names, open := implementations()
	for _, name := range names {
		b.Run("engine="+name+"/"+params, func(b *testing.B) {
			s, closeStore := open[name]()
			defer closeStore()
			for i, k := range keys {
				if err := s.Set(k, i, time.Hour); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			b.ResetTimer()
			run(b, s)
		})
	}
}

// contend makes b.N calls from several callers, a share of them reads.
func contend(b *testing.B, s store, keys []string, callers, readPercent int) {
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			x := uint32(c)*2654435761 + 1
			for i := c; i < b.N; i += callers {
				x = x*1664525 + 1013904223
				key := keys[uint64(x)*uint64(len(keys))>>32]
				if int(x>>8)%100 < readPercent {
					s.Get(key)
				} else {
					s.Set(key, i, time.Hour)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkReadContention(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		keys := benchKeys(n)
		for _, callers := range []int{1, 2, 16} {
			each(b, fmt.Sprintf("reads=100/keys=%d/callers=%d", n, callers), keys, func(b *testing.B, s store) {
				contend(b, s, keys, callers, 100)
			})
		}
	}
}

func BenchmarkWriteContention(b *testing.B) {
	keys := benchKeys(1000)
	for _, reads := range []int{90, 0} {
		for _, callers := range []int{1, 8, 64, 512} {
			each(b, fmt.Sprintf("reads=%d/keys=1000/callers=%d", reads, callers), keys, func(b *testing.B, s store) {
				contend(b, s, keys, callers, reads)
			})
		}
	}
}

// eachEngine runs a benchmark of what only the engines can do.
func eachEngine(b *testing.B, params string, entries int, run func(b *testing.B, s lastmodstore.Store[string, int], keys []string)) {
	keys := benchKeys(entries)
	for _, e := range engines.All() {
		b.Run(fmt.Sprintf("engine=%s/entries=%d%s", e.Name, entries, params), func(b *testing.B) {
			s := e.Strings(0)
			defer s.Close()
			for i, k := range keys {
				s.Set(k, i, time.Hour)
			}
			b.ReportAllocs()
			b.ResetTimer()
			run(b, s, keys)
		})
	}
}

func BenchmarkGetMany(b *testing.B) {
	for _, batch := range []int{1, 10, 100} {
		eachEngine(b, fmt.Sprintf("/batch=%d", batch), 1000, func(b *testing.B, s lastmodstore.Store[string, int], keys []string) {
			for b.Loop() {
				s.GetMany(keys[:batch])
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N*batch), "ns/key")
		})
	}
}

func BenchmarkCleanupNothingDue(b *testing.B) {
	for _, n := range []int{1000, 1_000_000} {
		eachEngine(b, "", n, func(b *testing.B, s lastmodstore.Store[string, int], _ []string) {
			for b.Loop() {
				s.Cleanup()
			}
		})
	}
}

func BenchmarkModifiedSince(b *testing.B) {
	for _, n := range []int{1000, 1_000_000} {
		eachEngine(b, "/changes=100", n, func(b *testing.B, s lastmodstore.Store[string, int], keys []string) {
			mark, _ := s.GetLastModified(keys[n-1])
			for i := range 100 {
				s.Set(keys[i], i, time.Hour)
			}
			for b.Loop() {
				changes := 0
				for range s.ModifiedSince(mark) {
					changes++
				}
				if changes != 100 {
					b.Fatalf("%d changes instead of 100", changes)
				}
			}
		})
	}
}
