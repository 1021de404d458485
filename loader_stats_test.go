package lastmodstore_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

func TestLoaderStatsCountLoadsFailuresTimeAndCallers(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		src := &bulkSource{latency: 3 * time.Second}
		l := newIntLoader(t, s, func(_ context.Context, key string, _ intEntry, _ bool) (int, time.Duration, error) {
			time.Sleep(time.Second)
			if key == "broken" {
				panic("broken")
			}
			return 1, time.Hour, nil
		}, lastmodstore.LoadMany(src.load), lastmodstore.ServeStale(), lastmodstore.RefreshAhead(time.Minute))
		g.Expect(l.Stats()).To(BeZero())

		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { l.Get(patient, "a") })
		}
		ctx, cancel := context.WithTimeout(patient, 500*time.Millisecond)
		defer cancel()
		wg.Go(func() { l.Get(ctx, "a") })
		wg.Go(func() { l.GetMany(patient, []string{"x", "y", "z"}) })
		synctest.Wait()
		g.Expect(l.Stats()).To(Equal(lastmodstore.LoaderStats{Waiting: 12}))
		time.Sleep(600 * time.Millisecond)
		synctest.Wait()
		g.Expect(l.Stats().Waiting).To(Equal(11), "one has given up")
		wg.Wait()
		want := lastmodstore.LoaderStats{Calls: 2, Loads: 4, LoadTime: 4 * time.Second}
		g.Expect(l.Stats()).To(Equal(want))

		l.Get(patient, "broken")
		want.Calls, want.Loads, want.LoadTime, want.Failures = 3, 5, 5*time.Second, 1
		g.Expect(l.Stats()).To(Equal(want), "a panic is a failure and takes time as well")

		time.Sleep(time.Minute)
		l.Get(patient, "a")
		l.GetFresh(patient, "a", time.Second)
		want.Stale = 1
		g.Expect(l.Stats()).To(Equal(want))
		time.Sleep(time.Hour - 30*time.Second)
		l.Get(patient, "a")
		time.Sleep(2 * time.Second)
		want.Calls, want.Loads, want.LoadTime, want.Refreshes = 5, 7, 7*time.Second, 1
		g.Expect(l.Stats()).To(Equal(want))
		l.Close()
		g.Expect(l.Stats()).To(Equal(want), "Close keeps the counters")
	})
}
