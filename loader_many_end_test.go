package lastmodstore_test

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// waitingSource returns a LoadManyFunc that takes d, or until its context ends, whose
// cause it stores.
func waitingSource(d time.Duration, cause *error) lastmodstore.LoadManyFunc[string, int] {
	return func(ctx context.Context, keys []string) (map[string]loadedInt, error) {
		select {
		case <-time.After(d):
		case <-ctx.Done():
			*cause = context.Cause(ctx)
			return nil, ctx.Err()
		}
		values := map[string]loadedInt{}
		for _, key := range keys {
			values[key] = loadedInt{Value: len(key)}
		}
		return values, nil
	}
}

func TestGetManyReturnsWhatItHasWhenItsContextEnds(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		var cause error
		l := newIntLoader(t, s, func(context.Context, string, intEntry, bool) (int, time.Duration, error) {
			time.Sleep(time.Second)
			return 50, 0, nil
		}, lastmodstore.LoadMany(waitingSource(time.Hour, &cause)),
			lastmodstore.OnLoadError(func(string, error) { t.Error("an abandoned load was reported as failed") }))
		s.Set("present", 100, 0)
		go l.Get(patient, "single")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(patient, time.Minute)
		defer cancel()
		start := time.Now()
		entries, err := l.GetMany(ctx, []string{"a", "single", "present", "bb"})
		g.Expect(time.Since(start)).To(Equal(time.Minute))
		g.Expect(err).To(Equal(loadErrors{"a": context.DeadlineExceeded, "bb": context.DeadlineExceeded}))
		g.Expect(entries).To(HaveLen(2))
		g.Expect(entries["single"].Value).To(Equal(50), "its load ended before")
		synctest.Wait()
		g.Expect(cause).To(Equal(context.Canceled), "nobody waits any more")
		g.Expect(s.Len()).To(Equal(2))

		_, err = l.GetMany(ctx, []string{"a"})
		g.Expect(err).To(Equal(loadErrors{"a": context.DeadlineExceeded}))
		g.Expect(l.Stats().Calls).To(BeEquivalentTo(2), "with an ended context it loads nothing")
		g.Expect(valuesOf(g)(l.GetMany(ctx, []string{"present"}))).To(Equal(map[string]int{"present": 100}))
	})
}

func TestABulkLoadGoesOnForACallerThatWaitsForOneOfItsKeys(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		var cause error
		l := newIntLoader(t, s, loadNone, lastmodstore.LoadMany(waitingSource(time.Hour, &cause)))
		ctx, cancel := context.WithTimeout(patient, time.Minute)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := l.GetMany(ctx, []string{"a", "bb", "ccc"})
			g.Expect(err).To(HaveOccurred())
		})
		time.Sleep(time.Second)
		wg.Go(func() { g.Expect(loaded(g)(l.Get(patient, "bb"))).To(Equal(2)) })
		time.Sleep(30 * time.Minute)
		wg.Go(func() { g.Expect(loaded(g)(l.Get(patient, "ccc"))).To(Equal(3), "it joins the same load") })
		wg.Wait()
		g.Expect(cause).NotTo(HaveOccurred())
		g.Expect(s.Len()).To(Equal(3), "what is loaded anyway is stored")
		g.Expect(l.Stats().Calls).To(BeEquivalentTo(1))
	})
}

func TestLoadTimeoutAndCloseEndABulkLoadWhoseSourceHangs(t *testing.T) {
	for name, want := range map[string]error{"timeout": lastmodstore.ErrLoadTimeout, "close": lastmodstore.ErrClosed} {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				reported, discarded := 0, 0
				src := &bulkSource{latency: 90 * time.Second}
				l := newIntLoader(t, s, loadNone, lastmodstore.LoadMany(src.load), lastmodstore.LoadTimeout(time.Minute),
					lastmodstore.OnLoadError(func(string, error) { reported++ }),
					lastmodstore.OnDiscard(func(string, int) { discarded++ }))
				if name == "close" {
					time.AfterFunc(50*time.Second, func() { l.Close() })
				}
				entries, err := l.GetMany(patient, []string{"a", "bb"})
				g.Expect(entries).To(BeEmpty())
				g.Expect(err).To(Equal(loadErrors{"a": want, "bb": want}))
				time.Sleep(time.Hour)
				synctest.Wait()
				g.Expect(s.Len()).To(BeZero())
				g.Expect(discarded).To(Equal(2))
				g.Expect(reported == 2).To(Equal(name == "timeout"))
				g.Expect(l.Stats().Failures).To(BeEquivalentTo(reported))
			})
		})
	}
}

func TestInvalidatePreventsStoringOfOneKeyOfABulkLoad(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		src := &bulkSource{latency: 10 * time.Second}
		var discarded []string
		l := newIntLoader(t, s, loadNone, lastmodstore.LoadMany(src.load),
			lastmodstore.OnDiscard(func(key string, _ int) { discarded = append(discarded, key) }))
		var wg sync.WaitGroup
		wg.Go(func() {
			got := valuesOf(g)(l.GetMany(patient, []string{"a", "bb", "ccc"}))
			g.Expect(got).To(Equal(map[string]int{"a": 1, "bb": 2, "ccc": 9}), "a caller that already waited gets the value")
		})
		time.Sleep(time.Second)
		l.Invalidate("bb")
		s.Set("ccc", 9, 0)
		wg.Go(func() {
			got := valuesOf(g)(l.GetMany(patient, []string{"bb", "a"}))
			g.Expect(got).To(Equal(map[string]int{"a": 1, "bb": 2}))
		})
		synctest.Wait()
		g.Expect(src.calls).To(Equal([][]string{{"a", "bb", "ccc"}, {"bb"}}), "it does not join the earlier load")
		time.Sleep(9 * time.Second)
		synctest.Wait()
		_, ok := s.Get("bb")
		g.Expect(ok).To(BeFalse())
		kept, _ := s.Get("ccc")
		g.Expect(kept).To(Equal(9), "a load never overwrites a later write")
		g.Expect(discarded).To(ConsistOf("bb", "ccc"))
		wg.Wait()
		g.Expect(s.Len()).To(Equal(3))
	})
}

// 20: a closed store is not mistaken for an empty one.
func TestGetManyOfAClosedStoreOrLoaderLoadsNothing(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		closed := newIntLoader(t, s, loadNone, lastmodstore.LoadMany((&bulkSource{}).load))
		closed.Close()
		s.Set("present", 100, 0)
		entries, err := closed.GetMany(patient, []string{"present", "a"})
		g.Expect(entries).To(HaveLen(1))
		g.Expect(err).To(Equal(loadErrors{"a": lastmodstore.ErrClosed}))

		l := newIntLoader(t, s, loadNone, lastmodstore.LoadMany((&bulkSource{}).load))
		s.Close()
		entries, err = l.GetMany(patient, []string{"present", "a"})
		g.Expect(entries).To(BeEmpty())
		g.Expect(err).To(Equal(loadErrors{"present": lastmodstore.ErrClosed, "a": lastmodstore.ErrClosed}))
		g.Expect(l.Stats()).To(BeZero())
	})
}

// An entry that the source no longer has is deleted, unless it was modified since.
func TestErrNotFoundDeletesTheEntryThatTheLoadBeganWith(t *testing.T) {
	for name, modified := range map[string]bool{"unmodified": false, "modified": true} {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				l := newIntLoader(t, s, func(context.Context, string, intEntry, bool) (int, time.Duration, error) {
					time.Sleep(time.Second)
					return 0, 0, errors.Join(lastmodstore.ErrNotFound, errors.New("no rows"))
				}, lastmodstore.OnLoadError(func(_ string, err error) { t.Error(err) }))
				s.Set("a", 1, 0)
				if modified {
					time.AfterFunc(time.Millisecond, func() { s.Set("a", 2, 0) })
				}
				_, err := l.GetFresh(patient, "a", 0)
				g.Expect(err).To(MatchError(lastmodstore.ErrNotFound))
				_, ok := s.Get("a")
				g.Expect(ok).To(Equal(modified))
				synctest.Wait()
				g.Expect(l.Stats().Failures).To(BeZero(), "it is no failure of the source")
			})
		})
	}
}

// 18: NaN and unhashable keys are neither loaded nor retained.
func TestGetManyNeitherLoadsNorRetainsInvalidKeys(t *testing.T) {
	g := NewWithT(t)
	s := mutexstore.New[any, any](0)
	defer s.Close()
	l := lastmodstore.NewLoader(s, func(_ context.Context, key any, _ lastmodstore.Entry[any], _ bool) (any, time.Duration, error) {
		return key, 0, nil
	})
	defer l.Close()
	entries, err := l.GetMany(patient, []any{1, math.NaN(), math.NaN()})
	g.Expect(entries).To(HaveLen(1))
	var failed lastmodstore.LoadErrors[any]
	g.Expect(errors.As(err, &failed)).To(BeTrue())
	g.Expect(failed).To(HaveLen(2))
	g.Expect(err).To(MatchError(lastmodstore.ErrInvalidKey))
	g.Expect(func() { l.GetMany(patient, []any{2, []int{1}}) }).To(Panic(), "in the caller")
	loads, _, _, running := l.Held()
	g.Expect(loads + running).To(BeZero())
	g.Expect(s.Len()).To(Equal(1))
}
