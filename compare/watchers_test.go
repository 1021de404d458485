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

// A touchy context panics when it is asked for the nth time.
type touchy struct {
	context.Context
	left int
}

func (c *touchy) Done() <-chan struct{} {
	if c.left--; c.left == 0 {
		panic("touchy")
	}
	return c.Context.Done()
}

// 11: a context is caller's code. One that panics takes nothing with it: neither
// other watchers nor other calls notice, wherever it comes.
func TestTimingOfAContextThatPanics(t *testing.T) {
	for _, e := range compare.Engines() { // package context itself asks it for Sharded, on a goroutine of its own
		for n := 1; n <= 6; n++ {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				s := e.Strings(0)
				defer s.Close()
				g.Expect(s.Set("a", 0, 0)).To(Succeed())
				mark, _ := s.GetLastModified("a")
				var seen atomic.Int64
				go func() {
					for event := range s.Watch(context.Background(), mark) {
						seen.Store(int64(event.Entry.Value))
					}
				}()
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				go func() {
					defer func() { recover() }()
					for range s.Watch(&touchy{ctx, n}, mark) {
					}
				}()
				for i := 1; i <= 5; i++ {
					synctest.Wait()
					g.Expect(s.Set("a", i, 0)).To(Succeed())
					value, ok := s.Get("a")
					g.Expect(ok).To(BeTrue())
					g.Expect(value).To(Equal(i))
				}
				synctest.Wait()
				g.Expect(seen.Load()).To(BeEquivalentTo(5), "%s, %d", e.Name, n)
			})
		}
	}
}

// Watchers that all want each change leave the writer its time, and learn of the
// last change all the same. The clock stands while the writer is at work, so
// those who rest do so until it has finished.
func TestFeedRestsBesideAWriter(t *testing.T) {
	for _, e := range compare.Engines() {
		t.Run(e.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const sets, watchers, keys = 50_000, 100, 10
				s := e.Strings(0)
				defer s.Close()
				var seen atomic.Int64
				var done sync.WaitGroup
				for range watchers {
					done.Go(func() {
						for event := range s.Watch(t.Context(), time.Time{}) {
							seen.Add(1)
							if event.Entry.Value == sets {
								return
							}
						}
					})
				}
				for i := range sets {
					s.Set(fmt.Sprint("key", i%keys), i+1, 0)
				}
				beside := seen.Load()
				done.Wait()
				t.Logf("%d events beside %d sets", beside, sets)
				if beside > 10*watchers*keys { // without rests, over 30,000
					t.Errorf("%d watchers saw %d events while there were %d sets", watchers, beside, sets)
				}
			})
		})
	}
}
