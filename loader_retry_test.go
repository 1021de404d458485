package lastmodstore_test

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

func TestRetryAfterLimitsFailedLoads(t *testing.T) {
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
					g.Expect(loaded(g)(l.GetFresh(patient, "a", time.Minute))).To(Equal(7), "the stale entry")
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

func TestRetryAfterReturnsTheSameErrorUntilInvalidate(t *testing.T) {
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
		g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(9), "a present entry takes precedence over a failure")
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
