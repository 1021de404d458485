package lastmodstore_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

func TestMaxStaleLimitsHowOldAStaleEntryMayBe(t *testing.T) {
	for name, maxAge := range map[string]time.Duration{"maxAge 0": 0, "maxAge 1m": time.Minute, "negative maxAge": -time.Minute} {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				l := newIntLoader(t, s, countingSource(time.Second, 0), lastmodstore.ServeStale(), lastmodstore.MaxStale(time.Hour))
				get := func() int { return loaded(g)(l.GetFresh(patient, "a", maxAge)) }
				g.Expect(get()).To(Equal(1))
				time.Sleep(max(0, maxAge) + time.Hour)
				g.Expect(get()).To(Equal(1), "not older than maxAge by more than an hour")
				time.Sleep(time.Second)
				synctest.Wait()
				time.Sleep(max(0, maxAge) + time.Hour + time.Millisecond)
				start := time.Now()
				g.Expect(get()).To(Equal(3), "it waits for the load")
				g.Expect(time.Since(start)).To(Equal(time.Second))
				g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(3), "Get takes any entry that is present")
				g.Expect(l.Stats().Stale).To(BeEquivalentTo(1))
			})
		})
	}
}

func TestMaxStaleReturnsTheErrorOfASourceThatFailsForTooLong(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		broken := errors.New("broken")
		l := newIntLoader(t, s, func(context.Context, string, intEntry, bool) (int, time.Duration, error) { return 0, 0, broken },
			lastmodstore.ServeStale(), lastmodstore.MaxStale(10*time.Minute), lastmodstore.RetryAfter(time.Second))
		s.Set("a", 100, 0)
		stale := 0
		for range 20 {
			time.Sleep(time.Minute)
			if _, err := l.GetFresh(patient, "a", time.Minute); err == nil {
				stale++
			} else {
				g.Expect(err).To(Equal(broken))
			}
			synctest.Wait()
		}
		g.Expect(stale).To(Equal(11), "1 fresh, and 10 stale")
		g.Expect(l.Stats().Stale).To(BeEquivalentTo(10))
		g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(100), "the entry stays")
	})
}
