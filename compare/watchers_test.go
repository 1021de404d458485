package compare_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/compare"
)

// One change is told to all who wait for it, at once.
func TestTimingOfAThousandWatchers(t *testing.T) {
	for _, e := range tested() {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			s := e.Strings(0)
			defer s.Close()
			g.Expect(s.Set("a", 0, 0)).To(Succeed())
			mark, _ := s.GetLastModified("a")
			var seen atomic.Int32
			for range 1000 {
				go func() {
					for range s.Watch(context.Background(), mark) {
						seen.Add(1)
					}
				}()
			}
			synctest.Wait()
			start := time.Now()
			g.Expect(s.Set("a", 1, 0)).To(Succeed())
			synctest.Wait()
			g.Expect(seen.Load()).To(BeEquivalentTo(1000))
			g.Expect(time.Now()).To(Equal(start))
		})
	}
}

// Watchers that all want each change leave the writer its time, and learn of the
// last change all the same.
func TestFeedRestsBesideAWriter(t *testing.T) {
	for _, e := range compare.Engines() {
		t.Run(e.Name, func(t *testing.T) {
			watched(t, func() {
				const sets, watchers = 50_000, 100
				s := e.Strings(0)
				defer s.Close()
				var seen atomic.Int64
				var done sync.WaitGroup
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				for range watchers {
					done.Go(func() {
						for event := range s.Watch(ctx, time.Time{}) {
							seen.Add(1)
							if event.Entry.Value == sets {
								return
							}
						}
					})
				}
				for i := range sets {
					s.Set(fmt.Sprint("key", i%10), i+1, 0)
				}
				beside := seen.Load()
				done.Wait()
				t.Logf("%d events beside %d sets", beside, sets)
				if beside > sets/4 {
					t.Errorf("%d watchers saw %d events while there were %d sets", watchers, beside, sets)
				}
			})
		})
	}
}
