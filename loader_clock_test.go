package lastmodstore_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare/engines"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// aheadOfTheWallClock runs test with a store whose clock is two hours ahead of the wall
// clock, as after the wall clock was set back by two hours.
func aheadOfTheWallClock(t *testing.T, test func(g Gomega, s intStore)) {
	for _, e := range engines.All() {
		t.Run(e.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				step := 2 * time.Hour
				s := e.Strings(0, func(c *config.Config) {
					c.Line = timeline.StartBy(func() int64 { return time.Now().Add(step).UnixNano() })
				})
				defer s.Close()
				s.Cleanup() // which follows the clock forward
				step = 0
				g.Expect(s.Set("clock", 0, time.Hour)).To(Succeed())
				at, _ := s.GetLastModified("clock")
				g.Expect(time.Until(at)).To(BeNumerically("~", 2*time.Hour, time.Second))
				test(g, s)
			})
		})
	}
}

// 30: a wall clock set back changes nothing, neither for values that are loaded again nor
// for those that are confirmed.
func TestEntriesAreRefreshedAfterTheWallClockWasSetBack(t *testing.T) {
	loads := map[string]loadInt{
		"loaded": countingSource(time.Second, time.Minute),
		"confirmed": func(_ context.Context, _ string, _ intEntry, ok bool) (int, time.Duration, error) {
			time.Sleep(time.Second)
			if ok {
				return 0, time.Minute, lastmodstore.ErrNotModified
			}
			return 1, time.Minute, nil
		},
	}
	for name, load := range loads {
		t.Run(name, func(t *testing.T) {
			aheadOfTheWallClock(t, func(g Gomega, s intStore) {
				l := lastmodstore.NewLoader(s, load, lastmodstore.RefreshAhead(10*time.Second))
				defer l.Close()
				l.Get(patient, "a")
				for n := range 10 {
					for range 49 {
						time.Sleep(time.Second)
						l.Get(patient, "a")
					}
					synctest.Wait()
					g.Expect(l.Stats().Refreshes).To(BeEquivalentTo(n), "the deadline is more than 10 s away")
					time.Sleep(2 * time.Second)
					start := time.Now()
					l.Get(patient, "a")
					g.Expect(time.Since(start)).To(BeZero(), "no caller waits")
					time.Sleep(time.Second)
					synctest.Wait()
					g.Expect(l.Stats()).To(HaveField("Loads", BeEquivalentTo(n+2)))
				}
			})
		})
	}
}

// 23: after a Merge ahead of the clock, LastModified is ahead of it, but deadlines are not.
func TestAMergeAheadOfTheClockBringsNoRefreshForward(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		l := newIntLoader(t, s, countingSource(0, time.Minute), lastmodstore.RefreshAhead(20*time.Second))
		g.Expect(s.Merge("other", intEntry{LastModified: time.Now().Add(55 * time.Second)})).To(BeTrue())
		for range 39 {
			g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(1))
			time.Sleep(time.Second)
			synctest.Wait()
		}
		g.Expect(l.Stats().Refreshes).To(BeZero())
	})
}
