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

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

func openMutex(t *testing.T) intStore {
	s := mutexstore.New[string, int](0)
	t.Cleanup(func() { s.Close() })
	return s
}

// changingSource reads version when a load begins and returns it after latency.
type changingSource struct {
	mu      sync.Mutex // guards version
	version int
	latency time.Duration
	ttl     time.Duration
}

func (c *changingSource) set(version int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version = version
}

func (c *changingSource) load(context.Context, string, intEntry, bool) (int, time.Duration, error) {
	c.mu.Lock()
	version := c.version
	c.mu.Unlock()
	time.Sleep(c.latency)
	return version, c.ttl, nil
}

func TestInvalidatePreventsStoringOfEarlierLoads(t *testing.T) {
	for name, before := range map[string]func(s intStore){
		"absent":  func(intStore) {},
		"present": func(s intStore) { s.Set("a", 100, 0) },
		"expires": func(s intStore) { s.Set("a", 100, 2*time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				src := &changingSource{version: 1, latency: 10 * time.Second}
				var discarded []int
				l := newIntLoader(t, s, src.load, lastmodstore.OnDiscard(func(_ string, v int) { discarded = append(discarded, v) }))
				before(s)
				var wg sync.WaitGroup
				time.Sleep(time.Second)
				wg.Go(func() {
					g.Expect(loaded(g)(l.GetFresh(patient, "a", 0))).To(Equal(1), "it called GetFresh before Invalidate")
				})
				synctest.Wait()
				src.set(2)
				_, wasPresent := s.Get("a")
				removed, err := l.Invalidate("a")
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(removed).To(Equal(wasPresent))
				time.Sleep(5 * time.Second)
				g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(2), "it does not join the earlier load")
				wg.Wait()
				kept, _ := s.Get("a")
				g.Expect(kept).To(Equal(2))
				g.Expect(discarded).To(Equal([]int{1}))
			})
		})
	}
}

func TestInvalidateIsNotUndoneByAnyEarlierLoad(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		src := &changingSource{version: 1, latency: time.Second}
		l := newIntLoader(t, s, src.load)
		var wg sync.WaitGroup
		for i := range 20 { // each caller begins a load, and each load is invalidated
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 50 * time.Millisecond)
				loaded(g)(l.Get(patient, "a"))
			})
			wg.Go(func() {
				time.Sleep(time.Duration(i)*50*time.Millisecond + 1)
				src.set(i + 2)
				l.Invalidate("a")
			})
		}
		wg.Wait()
		_, ok := s.Get("a")
		g.Expect(ok).To(BeFalse())
		g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(21))
	})
}

func TestInvalidateCancelsALoadWithoutWaitingCallers(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		var cause error
		l := newIntLoader(t, s, func(ctx context.Context, _ string, _ intEntry, _ bool) (int, time.Duration, error) {
			<-ctx.Done()
			cause = context.Cause(ctx)
			return 0, 0, ctx.Err()
		}, lastmodstore.ServeStale())
		s.Set("a", 1, 0)
		time.Sleep(time.Second)
		l.GetFresh(patient, "a", 0)
		l.Invalidate("a")
		synctest.Wait()
		g.Expect(cause).To(Equal(context.Canceled))
	})
}

func TestAFailureFromBeforeInvalidateIsNotRemembered(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		var fails atomic.Bool
		fails.Store(true)
		l := newIntLoader(t, s, func(context.Context, string, intEntry, bool) (int, time.Duration, error) {
			failed := fails.Load()
			time.Sleep(time.Second)
			if failed {
				return 0, 0, errors.New("broken")
			}
			return 1, 0, nil
		}, lastmodstore.RetryAfter(time.Hour))
		time.AfterFunc(time.Millisecond, func() { fails.Store(false); l.Invalidate("a") })
		_, err := l.Get(patient, "a")
		g.Expect(err).To(MatchError("broken"))
		g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(1))
	})
}

// A slowStore waits for a second before each write of a load.
type slowStore struct{ intStore }

func (s slowStore) SetIfUnmodifiedSince(key string, value int, ttl time.Duration, t time.Time) (intEntry, bool, error) {
	time.Sleep(time.Second)
	return s.intStore.SetIfUnmodifiedSince(key, value, ttl, t)
}

func (s slowStore) Touch(key string, ttl time.Duration) (bool, error) {
	time.Sleep(time.Second)
	return s.intStore.Touch(key, ttl)
}

func TestInvalidateWaitsForALoadThatIsBeingStored(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		src := &changingSource{version: 1, latency: time.Second}
		l := newIntLoader(t, slowStore{s}, src.load)
		var wg sync.WaitGroup
		wg.Go(func() { g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(1)) })
		time.Sleep(1500 * time.Millisecond)
		src.set(2)
		for range 2 {
			wg.Go(func() {
				l.Invalidate("a")
				_, ok := s.Get("a")
				g.Expect(ok).To(BeFalse(), "Invalidate returned before the old value was removed")
			})
		}
		synctest.Wait()
		time.Sleep(100 * time.Millisecond)
		wg.Go(func() { loaded(g)(l.Get(patient, "a")) }) // concurrent: returns the old value or the new one
		wg.Wait()
		g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(2))
	})
}

func TestALoadThatIsBeingStoredIsNeitherAbandonedNorTimedOut(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		l := newIntLoader(t, slowStore{s}, countingSource(time.Second, 0), lastmodstore.LoadTimeout(1500*time.Millisecond))
		ctx, cancel := context.WithTimeout(patient, 1200*time.Millisecond)
		defer cancel()
		_, err := l.Get(ctx, "a")
		g.Expect(err).To(MatchError(context.DeadlineExceeded))
		g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(1), "the load was being stored when its caller gave up and its time was up")
	})
}
