package lastmodstore_test

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// With maxAge 0, a present entry is too old even if it was stored at the same instant.
func TestGetFreshWithMaxAgeZeroLoadsAgainWithinOneInstant(t *testing.T) {
	for _, ttl := range []time.Duration{0, time.Minute} {
		eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
			l := newIntLoader(t, s, countingSource(0, ttl))
			for n := range 3 {
				g.Expect(loaded(g)(l.GetFresh(patient, "a", 0))).To(Equal(n + 1))
			}
			g.Expect(loaded(g)(l.GetFresh(patient, "a", -1))).To(Equal(4))
			g.Expect(loaded(g)(l.GetFresh(patient, "a", 1))).To(Equal(4), "stored at this instant")
		})
	}
}

// The LastModified of an entry merged ahead of the clock does not show when it was
// stored.
func TestGetFreshLoadsAgainWhatWasMergedAheadOfTheClock(t *testing.T) {
	for name, c := range map[string]struct{ maxAge, ttl time.Duration }{
		"maxAge 0":           {0, 0},
		"maxAge 0, with TTL": {0, time.Minute},
		"maxAge 1s":          {time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				l := newIntLoader(t, s, countingSource(0, c.ttl))
				g.Expect(s.Merge("a", intEntry{Value: 9, LastModified: time.Now().Add(55 * time.Second)})).To(BeTrue())
				time.Sleep(50 * time.Second)
				g.Expect(loaded(g)(l.GetFresh(patient, "a", c.maxAge))).To(Equal(1))
			})
		})
	}
}

// 23: after a Merge ahead of the clock, later modifications get times ahead of the clock
// as well. GetFresh still returns what it has just stored, for no longer than maxAge.
func TestGetFreshIsExactAfterAMergeAheadOfTheClock(t *testing.T) {
	for name, ttl := range map[string]time.Duration{"no TTL": 0, "TTL": time.Hour} {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				loads := 0
				l := newIntLoader(t, s, func(context.Context, string, intEntry, bool) (int, time.Duration, error) {
					loads++
					return loads, ttl, nil
				})
				g.Expect(s.Merge("other", intEntry{LastModified: time.Now().Add(50 * time.Second)})).To(BeTrue())
				for n := range 3 {
					for range 3 {
						g.Expect(loaded(g)(l.GetFresh(patient, "a", time.Second))).To(Equal(n+1), "stored at this instant")
					}
					time.Sleep(time.Second)
					g.Expect(loaded(g)(l.GetFresh(patient, "a", time.Second))).To(Equal(n+1), "stored a second ago")
					time.Sleep(9 * time.Second)
				}
			})
		})
	}
}
