package lastmodstore_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// hangingSource returns a source whose loads return 1, 2, 3 and so on, counted in began,
// and hang if hang is set. It ignores its context if ignoresCtx is set.
func hangingSource(hang *atomic.Bool, ignoresCtx bool, began *atomic.Int32) loadInt {
	return func(ctx context.Context, _ string, _ intEntry, _ bool) (int, time.Duration, error) {
		n := int(began.Add(1))
		if hang.Load() {
			end := time.After(time.Hour)
			if ignoresCtx {
				<-end
				return n, 0, nil
			}
			select {
			case <-end:
			case <-ctx.Done():
				return 0, 0, ctx.Err()
			}
		}
		time.Sleep(time.Second)
		return n, 0, nil
	}
}

func TestLoaderServesStaleWhileOneLoadRuns(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		l := newIntLoader(t, s, countingSource(time.Second, 0), lastmodstore.ServeStale())
		get := func() int { return loaded(g)(l.GetFresh(patient, "a", time.Minute)) }
		g.Expect(get()).To(Equal(1), "there is no stale value: it waits")
		time.Sleep(time.Hour)
		for range 10 {
			g.Expect(get()).To(Equal(1))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		g.Expect(get()).To(Equal(2), "after one load")
	})
}

func TestALoadSurvivesOneCallerButNotAll(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		var cause error
		load := func(ctx context.Context, _ string, _ intEntry, _ bool) (int, time.Duration, error) {
			select {
			case <-time.After(time.Minute):
				return 1, 0, nil
			case <-ctx.Done():
				cause = context.Cause(ctx)
				return 0, 0, ctx.Err()
			}
		}
		l := newIntLoader(t, s, load, lastmodstore.RetryAfter(time.Hour), lastmodstore.OnLoadError(func(string, error) { t.Error("an abandoned load was reported as failed") }))
		short := func(key string) {
			ctx, cancel := context.WithTimeout(patient, time.Second)
			defer cancel()
			_, err := l.Get(ctx, key)
			g.Expect(err).To(MatchError(context.DeadlineExceeded))
		}
		go short("a")
		g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(1))
		g.Expect(cause).NotTo(HaveOccurred())
		short("b")
		synctest.Wait()
		g.Expect(cause).To(Equal(context.Canceled))
		g.Expect(loaded(g)(l.Get(patient, "b"))).To(Equal(1), "being abandoned is not remembered as a failure")
	})
}

// A caller that begins after the source has changed gets the new value, even if a load
// that all callers gave up on ends, earlier or later, with the old one.
func TestLoaderNeverStoresTheValueOfAnAbandonedLoad(t *testing.T) {
	for name, second := range map[string]time.Duration{"ends before the newer one": time.Hour, "ends after it": time.Second} {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				var discarded []int
				var changed atomic.Bool
				l := newIntLoader(t, s, func(context.Context, string, intEntry, bool) (int, time.Duration, error) {
					if changed.Load() {
						time.Sleep(second)
						return 2, 0, nil
					}
					time.Sleep(time.Minute)
					return 1, 0, nil
				}, lastmodstore.OnDiscard(func(_ string, v int) { discarded = append(discarded, v) }))
				ctx, cancel := context.WithTimeout(patient, time.Second)
				defer cancel()
				_, err := l.Get(ctx, "a")
				g.Expect(err).To(MatchError(context.DeadlineExceeded))
				changed.Store(true)
				g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(2))
				time.Sleep(time.Hour)
				synctest.Wait()
				kept, _ := s.Get("a")
				g.Expect(kept).To(Equal(2))
				g.Expect(discarded).To(Equal([]int{1}))
			})
		})
	}
}

func TestLoadTimeoutEndsALoadWhoseSourceHangs(t *testing.T) {
	for name, ignoresCtx := range map[string]bool{"honors its context": false, "ignores its context": true} {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				var hang atomic.Bool
				var began atomic.Int32
				var failed []error
				hang.Store(true)
				l := newIntLoader(t, s, hangingSource(&hang, ignoresCtx, &began), lastmodstore.LoadTimeout(time.Minute),
					lastmodstore.OnLoadError(func(_ string, err error) { failed = append(failed, err) }))
				start := time.Now()
				_, err := l.Get(patient, "a")
				g.Expect(err).To(MatchError(lastmodstore.ErrLoadTimeout))
				g.Expect(err).To(MatchError(context.DeadlineExceeded))
				g.Expect(time.Since(start)).To(Equal(time.Minute))
				hang.Store(false)
				g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(2))
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(2), "the value of the first load is not stored")
				g.Expect(failed).To(Equal([]error{lastmodstore.ErrLoadTimeout}))
			})
		})
	}
}

func TestAValueReturnedAtItsTimeoutIsNotStored(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		l := newIntLoader(t, s, func(ctx context.Context, _ string, _ intEntry, _ bool) (int, time.Duration, error) {
			<-ctx.Done()
			return 1, 0, nil // at the instant of the timeout
		}, lastmodstore.LoadTimeout(time.Second))
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				_, err := l.Get(patient, strconv.Itoa(i))
				g.Expect(err).To(Equal(lastmodstore.ErrLoadTimeout))
			})
		}
		wg.Wait()
		synctest.Wait()
		g.Expect(s.Len()).To(BeZero())
	})
}

// A source may notice the timeout before the Loader does.
func TestAValueReturnedBeforeTheLoaderNoticesTheTimeoutIsNotStored(t *testing.T) {
	g := NewWithT(t)
	s := mutexstore.New[string, int](0)
	defer s.Close()
	l := lastmodstore.NewLoader(s, func(ctx context.Context, _ string, _ intEntry, _ bool) (int, time.Duration, error) {
		for ctx.Err() == nil {
		}
		return 1, 0, nil
	}, lastmodstore.LoadTimeout(time.Millisecond))
	defer l.Close()
	for i := range 50 {
		_, err := l.Get(patient, strconv.Itoa(i))
		g.Expect(err).To(Equal(lastmodstore.ErrLoadTimeout))
	}
	g.Expect(s.Len()).To(BeZero())
}

func TestServeStaleEndsWithTheDeadlineOfTheEntry(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		var hang atomic.Bool
		var began atomic.Int32
		hang.Store(true)
		l := newIntLoader(t, s, hangingSource(&hang, true, &began), lastmodstore.ServeStale(), lastmodstore.LoadTimeout(time.Minute))
		s.Set("a", 100, 10*time.Minute)
		time.Sleep(9 * time.Minute)
		g.Expect(loaded(g)(l.GetFresh(patient, "a", time.Second))).To(Equal(100))
		time.Sleep(2 * time.Minute)
		hang.Store(false)
		g.Expect(loaded(g)(l.GetFresh(patient, "a", time.Second))).To(Equal(2), "the stale entry has expired")
		time.Sleep(time.Hour)
	})
}

func TestABackgroundLoadEndsWhenItsLastCallerGivesUp(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		var hang atomic.Bool
		var began atomic.Int32
		hang.Store(true)
		l := newIntLoader(t, s, hangingSource(&hang, true, &began), lastmodstore.ServeStale())
		s.Set("a", 100, time.Minute)
		time.Sleep(30 * time.Second)
		l.GetFresh(patient, "a", time.Second)
		time.Sleep(time.Minute)
		ctx, cancel := context.WithTimeout(patient, time.Second)
		defer cancel()
		_, err := l.Get(ctx, "a")
		g.Expect(err).To(MatchError(context.DeadlineExceeded))
		hang.Store(false)
		g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(2), "even without LoadTimeout")
		time.Sleep(time.Hour)
	})
}
