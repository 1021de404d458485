package lastmodstore_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// 19: Close stops what was started, is idempotent and safe concurrently with anything.
func TestLoaderCloseEndsLoadsAndCallers(t *testing.T) {
	for name, ignoresCtx := range map[string]bool{"honors its context": false, "ignores its context": true} {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				var hang atomic.Bool
				var began atomic.Int32
				hang.Store(true)
				l := newIntLoader(t, s, hangingSource(&hang, ignoresCtx, &began), lastmodstore.ServeStale(),
					lastmodstore.OnLoadError(func(string, error) { t.Error("a load that Close canceled was reported as failed") }))
				s.Set("stale", 5, 0)
				time.Sleep(time.Second)
				l.GetFresh(patient, "stale", 0)
				start := time.Now()
				var wg sync.WaitGroup
				for _, key := range []string{"a", "a", "b", "invalidated"} {
					wg.Go(func() {
						_, err := l.Get(patient, key)
						g.Expect(err).To(Equal(lastmodstore.ErrClosed))
						g.Expect(time.Since(start)).To(Equal(time.Second), "whatever the source does")
					})
				}
				synctest.Wait()
				l.Invalidate("invalidated")
				time.Sleep(time.Second)
				for range 3 {
					wg.Go(func() { g.Expect(l.Close()).To(Succeed()) })
				}
				wg.Wait()
				g.Expect(time.Since(start) > time.Second).To(Equal(ignoresCtx), "Close waits for the load functions")
				g.Expect(s.Len()).To(Equal(1), "nothing was stored")
				g.Expect(loaded(g)(l.GetFresh(patient, "stale", 0))).To(Equal(5))
				_, err := l.Get(patient, "a")
				g.Expect(err).To(Equal(lastmodstore.ErrClosed))
				removed, err := l.Invalidate("stale")
				g.Expect(removed).To(BeTrue())
				g.Expect(err).NotTo(HaveOccurred())
				_, err = l.GetFresh(patient, "stale", 0)
				g.Expect(err).To(Equal(lastmodstore.ErrClosed))
			})
		})
	}
}

func TestLoaderCloseWaitsNoLongerThanLoadTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		var hang atomic.Bool
		var began atomic.Int32
		hang.Store(true)
		l := newIntLoader(t, openMutex(t), hangingSource(&hang, true, &began), lastmodstore.LoadTimeout(time.Minute))
		go l.Get(patient, "a")
		time.Sleep(time.Second)
		start := time.Now()
		g.Expect(l.Close()).To(Equal(lastmodstore.ErrLoadTimeout))
		g.Expect(time.Since(start)).To(Equal(time.Minute))
		time.Sleep(time.Hour)
		g.Expect(l.Close()).To(Succeed(), "the load has ended")
	})
}

// 20: a closed store is not mistaken for an empty one.
func TestLoaderOfAClosedStoreLoadsNothing(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		l := newIntLoader(t, s, func(context.Context, string, intEntry, bool) (int, time.Duration, error) {
			return 0, 0, errors.New("loaded")
		}, lastmodstore.ServeStale())
		s.Close()
		_, err := l.Get(patient, "a")
		g.Expect(err).To(Equal(lastmodstore.ErrClosed))
		_, err = l.GetFresh(patient, "a", 0)
		g.Expect(err).To(Equal(lastmodstore.ErrClosed))
		_, err = l.Invalidate("a")
		g.Expect(err).To(Equal(lastmodstore.ErrClosed))
	})
}

// 11: a hook may call the loader and the store.
func TestLoaderHooksRunOutsideEveryLock(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		var l *intLoader
		called := 0
		reenter := func(key string) {
			called++
			l.Invalidate(key)
			loaded(g)(l.Get(patient, "good"))
			s.Set(key, 3, 0)
		}
		l = newIntLoader(t, s, func(_ context.Context, key string, _ intEntry, _ bool) (int, time.Duration, error) {
			switch key {
			case "bad":
				return 0, 0, errors.New("broken")
			case "invalid":
				return 1, -7, nil
			}
			return 1, 0, nil
		}, lastmodstore.OnLoadError(func(key string, _ error) { reenter(key) }),
			lastmodstore.OnDiscard(func(key string, _ int) { reenter(key) }))
		l.Get(patient, "bad")
		synctest.Wait()
		l.Get(patient, "invalid")
		synctest.Wait()
		g.Expect(called).To(Equal(3))
		g.Expect(loaded(g)(l.Get(patient, "invalid"))).To(Equal(3))
	})
}

func TestLoaderCloseLeavesNoGoroutine(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s := mutexstore.New[int, int](0)
	defer s.Close()
	l := lastmodstore.NewLoader(s, func(ctx context.Context, key int, _ lastmodstore.Entry[int], _ bool) (int, time.Duration, error) {
		if key%2 == 0 {
			return 0, 0, errors.New("broken")
		}
		<-ctx.Done()
		return 0, 0, ctx.Err()
	}, lastmodstore.LoadTimeout(time.Hour), lastmodstore.RetryAfter(time.Hour))
	var wg sync.WaitGroup
	for key := range 100 {
		wg.Go(func() { l.Get(context.Background(), key) })
	}
	NewWithT(t).Expect(l.Close()).To(Succeed())
	wg.Wait()
}
