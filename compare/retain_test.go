package compare_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// removals are the ways in which the value of "a" is removed from a store that
// holds it.
var removals = map[string]func(s lastmodstore.Store[any, any]){
	"Delete":       func(s lastmodstore.Store[any, any]) { s.Delete("a") },
	"GetAndDelete": func(s lastmodstore.Store[any, any]) { s.GetAndDelete("a") },
	"DeleteIf":     func(s lastmodstore.Store[any, any]) { s.DeleteIfUnmodifiedSince("a", time.Now()) },
	"Clear":        func(s lastmodstore.Store[any, any]) { s.Clear() },
	"Set":          func(s lastmodstore.Store[any, any]) { s.Set("a", 1, 0) },
	"SetMany":      func(s lastmodstore.Store[any, any]) { s.SetMany(map[any]any{"a": 1}, 0) },
	"SetIf": func(s lastmodstore.Store[any, any]) {
		s.SetIfUnmodifiedSince("a", 1, 0, time.Now())
	},
	"Merge": func(s lastmodstore.Store[any, any]) {
		s.Merge("a", lastmodstore.Entry[any]{Value: 1, LastModified: time.Now().Add(time.Second)})
	},
	"expiry": func(s lastmodstore.Store[any, any]) {
		s.Touch("a", time.Nanosecond)
		for s.Cleanup() == 0 {
			runtime.Gosched()
		}
	},
	"eviction": func(s lastmodstore.Store[any, any]) {
		for i, ok := 0, true; ok; i++ { // until a key has fallen into its shard
			s.Set(i, i, 0)
			_, ok = s.Get("a")
		}
	},
}

// 26: no removed value is retained before the first Watch.
func TestRemovedValuesAreNotRetained(t *testing.T) {
	for _, e := range polled() {
		for name, remove := range removals {
			t.Run(e.Name+"/"+name, func(t *testing.T) {
				g := NewWithT(t)
				var opts []lastmodstore.Option
				if name == "eviction" {
					opts = []lastmodstore.Option{lastmodstore.MaxEntries(1)}
				}
				s := e.Any(0, opts...)
				defer s.Close()
				value := new([1 << 16]byte)
				w := weak.Make(value)
				g.Expect(s.Set("a", value, time.Hour)).To(Succeed())
				value = nil
				remove(s)
				runtime.GC()
				runtime.GC() // what a sync.Pool held outlives one
				g.Expect(w.Value()).To(BeNil(), "26: a removed value is still reachable")
			})
		}
	}
}

// 26: a watcher that waits has no goroutine but its caller's.
func TestTimingOfWaitingWatchersWithoutGoroutines(t *testing.T) {
	for _, e := range polled() {
		t.Run(e.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := e.Strings(time.Minute)
				defer s.Close()
				s.Set("a", 1, 0)
				synctest.Wait()
				before := runtime.NumGoroutine()
				ctx, cancel := context.WithCancel(context.Background())
				const watchers = 50
				for range watchers {
					go func() {
						for range s.Watch(ctx, time.Time{}) {
						}
					}()
				}
				time.Sleep(time.Microsecond)
				synctest.Wait()
				if added := runtime.NumGoroutine() - before; added > watchers {
					t.Errorf("26: %d watchers that wait have %d goroutines", watchers, added)
				}
				cancel()
				synctest.Wait()
			})
		})
	}
}
