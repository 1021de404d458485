package lastmodstore_test

import (
	"context"
	"errors"
	"runtime"
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

// hangingSource returns a source that hangs while hang is set, and then counts the
// loads that began. It ignores its context if deaf.
func hangingSource(hang *atomic.Bool, deaf bool, began *atomic.Int32) loadInt {
	return func(ctx context.Context, _ string, _ intEntry, _ bool) (int, time.Duration, error) {
		n := int(began.Add(1))
		if hang.Load() {
			late := time.After(time.Hour)
			if deaf {
				<-late
				return n, 0, nil
			}
			select {
			case <-late:
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
		g.Expect(get()).To(Equal(1), "none to serve: it waits")
		time.Sleep(time.Hour)
		for range 10 {
			g.Expect(get()).To(Equal(1))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		g.Expect(get()).To(Equal(2), "of one load")
	})
}

func TestLoaderOutlivesOneCallerButNotAll(t *testing.T) {
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
		l := newIntLoader(t, s, load, lastmodstore.RetryAfter(time.Hour), lastmodstore.OnLoadError(func(string, error) { t.Error("it has not failed") }))
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

// A caller that asks after the source has changed gets the new value, although a load
// that everyone gave up on ends later, or earlier, with the old one.
func TestLoaderNeverStoresWhatEveryoneGaveUpOn(t *testing.T) {
	for name, second := range map[string]time.Duration{"ends before the newer one": time.Hour, "ends after it": time.Second} {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				var lost []int
				var changed atomic.Bool
				l := newIntLoader(t, s, func(context.Context, string, intEntry, bool) (int, time.Duration, error) {
					if changed.Load() {
						time.Sleep(second)
						return 2, 0, nil
					}
					time.Sleep(time.Minute)
					return 1, 0, nil
				}, lastmodstore.OnDiscard(func(_ string, v int) { lost = append(lost, v) }))
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
				g.Expect(lost).To(Equal([]int{1}))
			})
		})
	}
}

func TestLoadTimeoutFreesCallersAndKeyFromASourceThatHangs(t *testing.T) {
	for name, deaf := range map[string]bool{"honours its context": false, "ignores its context": true} {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				var hang atomic.Bool
				var began atomic.Int32
				var failed []error
				hang.Store(true)
				l := newIntLoader(t, s, hangingSource(&hang, deaf, &began), lastmodstore.LoadTimeout(time.Minute),
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
				g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(2), "what the first load returned is not stored")
				g.Expect(failed).To(Equal([]error{lastmodstore.ErrLoadTimeout}))
			})
		})
	}
}

func TestLoadTimeoutStoresNothingThatIsReturnedTooLate(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		l := newIntLoader(t, s, func(ctx context.Context, _ string, _ intEntry, _ bool) (int, time.Duration, error) {
			<-ctx.Done()
			return 1, 0, nil // at the very moment
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

// A source may see that its time is up before the Loader has noticed.
func TestLoadTimeoutStoresNothingOfASourceThatSeesItFirst(t *testing.T) {
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

func TestServeStaleEndsWithATimeoutOrTheDeadline(t *testing.T) {
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
		g.Expect(loaded(g)(l.GetFresh(patient, "a", time.Second))).To(Equal(2), "1: the stale entry has expired")
		time.Sleep(time.Hour)
	})
}

func TestLoaderGivesUpAStaleLoadWithItsLastCaller(t *testing.T) {
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
		g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(2), "without LoadTimeout as well")
		time.Sleep(time.Hour)
	})
}

func TestRetryAfterLetsOneLoadFailAtATime(t *testing.T) {
	broken := errors.New("broken")
	for name, fail := range map[string]func() error{
		"error":   func() error { return broken },
		"panic":   func() error { panic(broken) },
		"goexit":  func() error { runtime.Goexit(); return nil },
		"timeout": func() error { time.Sleep(5 * time.Second); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				var failing atomic.Bool
				var loads, reported atomic.Int32
				l := newIntLoader(t, s, func(context.Context, string, intEntry, bool) (int, time.Duration, error) {
					loads.Add(1)
					if failing.Load() {
						return 0, 0, fail()
					}
					return 7, time.Hour, nil
				}, lastmodstore.ServeStale(), lastmodstore.RetryAfter(time.Minute), lastmodstore.LoadTimeout(time.Second),
					lastmodstore.OnLoadError(func(string, error) { reported.Add(1) }))
				l.Get(patient, "a")
				failing.Store(true)
				time.Sleep(30 * time.Minute)
				for range 100 {
					g.Expect(loaded(g)(l.GetFresh(patient, "a", time.Minute))).To(Equal(7), "stale")
					_, err := l.Get(patient, "b")
					g.Expect(err).To(HaveOccurred())
					time.Sleep(599 * time.Millisecond)
					synctest.Wait()
				}
				g.Expect(loads.Load()).To(Equal(int32(1 + 2)))
				g.Expect(reported.Load()).To(Equal(int32(2)))
				time.Sleep(time.Minute)
				failing.Store(false)
				g.Expect(loaded(g)(l.Get(patient, "b"))).To(Equal(7))
			})
		})
	}
}

func TestRetryAfterGivesTheSameErrorUntilInvalidated(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		n := 0
		l := newIntLoader(t, s, func(context.Context, string, intEntry, bool) (int, time.Duration, error) {
			n++
			return 0, 0, errors.New(strconv.Itoa(n))
		}, lastmodstore.RetryAfter(time.Minute))
		failsWith := func(want string) {
			_, err := l.Get(patient, "a")
			g.Expect(err).To(MatchError(want))
		}
		failsWith("1")
		time.Sleep(time.Minute - 1)
		failsWith("1")
		time.Sleep(time.Nanosecond)
		failsWith("2")
		l.Invalidate("a")
		failsWith("3")
		s.Set("a", 9, 0)
		g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(9), "what is present is no failure")
	})
}

func TestRetryAfterForgetsManyFailuresInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		for _, closes := range []bool{false, true} {
			l := newIntLoader(t, openMutex(t), func(context.Context, string, intEntry, bool) (int, time.Duration, error) {
				return 0, 0, errors.New("broken")
			}, lastmodstore.RetryAfter(time.Minute))
			for i := range 20_000 {
				l.Get(patient, strconv.Itoa(i))
			}
			_, failures, _, _ := l.Held()
			g.Expect(failures).To(Equal(20_000))
			if closes {
				start := time.Now()
				g.Expect(l.Close()).To(Succeed())
				g.Expect(time.Since(start)).To(BeZero(), "Close stops the timer")
			} else {
				time.Sleep(2 * time.Minute)
				synctest.Wait()
			}
			_, failures, _, running := l.Held()
			g.Expect(failures + running).To(BeZero())
		}
	})
}
