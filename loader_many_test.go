package lastmodstore_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

type (
	loadedInt  = lastmodstore.Loaded[int]
	loadErrors = lastmodstore.LoadErrors[string]
)

// A bulkSource returns the length of each key after latency. It records the keys of each
// call.
type bulkSource struct {
	latency time.Duration
	special map[string]loadedInt // what it returns for these keys
	unknown []string             // it leaves these keys out
	fail    func() error         // nil: it succeeds

	mu    sync.Mutex // guards calls
	calls [][]string
}

func (b *bulkSource) load(_ context.Context, keys []string) (map[string]loadedInt, error) {
	b.mu.Lock()
	b.calls = append(b.calls, keys)
	b.mu.Unlock()
	time.Sleep(b.latency)
	if b.fail != nil {
		return map[string]loadedInt{"a": {Value: 1}}, b.fail()
	}
	values := map[string]loadedInt{}
	for _, key := range keys {
		x, ok := b.special[key]
		if !ok {
			x = loadedInt{Value: len(key), TTL: time.Hour}
		}
		if !slices.Contains(b.unknown, key) {
			values[key] = x
		}
	}
	return values, nil
}

func loadNone(context.Context, string, intEntry, bool) (int, time.Duration, error) {
	return 0, 0, errors.New("the LoadFunc was called")
}

// valuesOf returns a function that expects no error and returns the values of the entries.
func valuesOf(g Gomega) func(entries map[string]intEntry, err error) map[string]int {
	return func(entries map[string]intEntry, err error) map[string]int {
		g.Expect(err).NotTo(HaveOccurred())
		values := map[string]int{}
		for key, e := range entries {
			values[key] = e.Value
		}
		return values
	}
}

func TestGetManyLoadsAllMissingKeysByOneCall(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		src := &bulkSource{latency: time.Second}
		l := newIntLoader(t, s, loadNone, lastmodstore.LoadMany(src.load))
		s.Set("present", 100, 0)
		want := map[string]int{"present": 100, "a": 1, "bb": 2, "ccc": 3}
		for range 2 {
			got := valuesOf(g)(l.GetMany(patient, []string{"bb", "present", "a", "bb", "ccc", "a"}))
			g.Expect(got).To(Equal(want))
		}
		g.Expect(src.calls).To(Equal([][]string{{"bb", "a", "ccc"}}), "each missing key once, in the order of the caller")
		e, ok := s.GetEntry("ccc")
		g.Expect(ok).To(BeTrue())
		g.Expect(e.TTL).To(Equal(time.Hour))
		g.Expect(valuesOf(g)(l.GetMany(patient, nil))).To(BeEmpty())
		g.Expect(src.calls).To(HaveLen(1), "nothing to load")
	})
}

func TestGetManyCallsTheLoadFuncForEachKeyWithoutLoadMany(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		l := newIntLoader(t, s, func(_ context.Context, key string, _ intEntry, _ bool) (int, time.Duration, error) {
			time.Sleep(time.Second)
			if key == "unknown" {
				return 0, 0, lastmodstore.ErrNotFound
			}
			return len(key), 0, nil
		})
		start := time.Now()
		got := valuesOf(g)(l.GetMany(patient, []string{"a", "bb", "unknown", "bb"}))
		g.Expect(got).To(Equal(map[string]int{"a": 1, "bb": 2}))
		g.Expect(time.Since(start)).To(Equal(time.Second), "all at the same time")
		g.Expect(l.Stats().Calls).To(BeEquivalentTo(3))
	})
}

func TestEachKeyIsLoadedOnceForSingleAndBulkCallers(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		src := &bulkSource{latency: 10 * time.Second}
		var single []string
		l := newIntLoader(t, s, func(_ context.Context, key string, _ intEntry, _ bool) (int, time.Duration, error) {
			single = append(single, key)
			time.Sleep(20 * time.Second)
			return 50, 0, nil
		}, lastmodstore.LoadMany(src.load))
		var wg sync.WaitGroup
		wg.Go(func() { g.Expect(loaded(g)(l.Get(patient, "single"))).To(Equal(50)) })
		time.Sleep(time.Second)
		wg.Go(func() {
			got := valuesOf(g)(l.GetMany(patient, []string{"single", "a", "bb"}))
			g.Expect(got).To(Equal(map[string]int{"single": 50, "a": 1, "bb": 2}))
		})
		time.Sleep(time.Second)
		start := time.Now()
		wg.Go(func() { g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(1)) })
		wg.Go(func() {
			got := valuesOf(g)(l.GetMany(patient, []string{"bb", "ccc", "a"}))
			g.Expect(got).To(Equal(map[string]int{"a": 1, "bb": 2, "ccc": 3}))
			g.Expect(time.Since(start)).To(Equal(10*time.Second), "it waits for the earlier call and its own")
		})
		synctest.Wait()
		g.Expect(l.Stats().Waiting).To(Equal(4))
		wg.Wait()
		g.Expect(single).To(Equal([]string{"single"}))
		g.Expect(src.calls).To(Equal([][]string{{"a", "bb"}, {"ccc"}}))
	})
}

func TestOneKeyOfABulkLoadFailsAlone(t *testing.T) {
	broken := errors.New("broken")
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		src := &bulkSource{unknown: []string{"unknown"}, special: map[string]loadedInt{
			"broken": {Value: 9, Err: broken}, "invalid": {Value: 7, TTL: -5}}}
		var reported, discarded []string
		l := newIntLoader(t, s, loadNone, lastmodstore.LoadMany(src.load), lastmodstore.RetryAfter(time.Minute),
			lastmodstore.OnDiscard(func(key string, v int) { discarded = append(discarded, fmt.Sprint(key, v)) }),
			lastmodstore.OnLoadError(func(key string, _ error) { reported = append(reported, key) }))
		for range 2 {
			entries, err := l.GetMany(patient, []string{"unknown", "a", "broken", "invalid"})
			var failed loadErrors
			g.Expect(errors.As(err, &failed)).To(BeTrue())
			g.Expect(failed).To(HaveLen(2))
			g.Expect(failed["broken"]).To(Equal(broken))
			g.Expect(failed["invalid"]).To(MatchError(lastmodstore.ErrInvalidTTL))
			g.Expect(err).To(MatchError(broken))
			g.Expect(err).To(MatchError(lastmodstore.ErrInvalidTTL))
			g.Expect(entries["a"].Value).To(Equal(1))
			_, ok := entries["unknown"]
			g.Expect(ok).To(BeFalse(), "it has no value, which is no error")
			_, err = l.Get(patient, "unknown")
			g.Expect(err).To(MatchError(lastmodstore.ErrNotFound))
		}
		synctest.Wait()
		g.Expect(src.calls).To(HaveLen(1), "RetryAfter remembers what failed and what was not found")
		g.Expect(reported).To(ConsistOf("broken", "invalid"))
		g.Expect(discarded).To(Equal([]string{"invalid7"}))
		g.Expect(s.Len()).To(Equal(1))
	})
}

func TestAKeyWhoseValueTheStoreRefusedHasAnEntryAndAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s := mutexstore.New[string, int](0, lastmodstore.MaxEntries(2), lastmodstore.RejectWhenFull())
		defer s.Close()
		l := newIntLoader(t, s, loadNone, lastmodstore.LoadMany((&bulkSource{}).load))
		entries, err := l.GetMany(patient, []string{"a", "bb", "ccc"})
		g.Expect(err).To(Equal(loadErrors{"ccc": lastmodstore.ErrFull}))
		g.Expect(entries).To(HaveLen(3))
		g.Expect(entries["ccc"]).To(Equal(intEntry{Value: 3}))
	})
}

func TestAFailureOfTheWholeCallFailsEachOfItsKeys(t *testing.T) {
	for name, fail := range waysToFail {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				src := &bulkSource{latency: time.Second, fail: fail}
				reported := map[string]int{}
				l := newIntLoader(t, s, loadNone, lastmodstore.LoadMany(src.load),
					lastmodstore.OnLoadError(func(key string, _ error) { reported[key]++; runtime.Goexit() }))
				s.Set("present", 100, 0)
				var wg sync.WaitGroup
				for range 5 {
					wg.Go(func() {
						entries, err := l.GetMany(patient, []string{"a", "present", "b"})
						g.Expect(entries).To(HaveLen(1), "the present entry")
						var failed loadErrors
						g.Expect(errors.As(err, &failed)).To(BeTrue())
						g.Expect(failed).To(HaveLen(2))
						for _, err := range failed {
							var p *lastmodstore.PanicError
							g.Expect(errors.As(err, &p)).To(Equal(name[0] == 'p'))
							g.Expect(errors.Is(err, errBroken)).To(Equal(name == "error" || name == "panic error"))
						}
					})
				}
				wg.Wait()
				synctest.Wait()
				g.Expect(s.Len()).To(Equal(1))
				g.Expect(reported).To(Equal(map[string]int{"a": 1, "b": 1}), "also after a hook that ended the goroutine")
				g.Expect(l.Stats().Failures).To(BeEquivalentTo(2))
				src.fail = nil
				g.Expect(valuesOf(g)(l.GetMany(patient, []string{"a"}))).To(Equal(map[string]int{"a": 1}))
			})
		})
	}
}

func TestAValueThatNobodyAskedForIsDiscarded(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		var discarded []string
		l := newIntLoader(t, s, loadNone, lastmodstore.LoadMany(func(context.Context, []string) (map[string]loadedInt, error) {
			return map[string]loadedInt{"a": {Value: 1}, "extra": {Value: 2}, "broken": {Err: errors.New("broken")}}, nil
		}), lastmodstore.OnDiscard(func(key string, v int) { discarded = append(discarded, key+strconv.Itoa(v)) }))
		g.Expect(valuesOf(g)(l.GetMany(patient, []string{"a"}))).To(Equal(map[string]int{"a": 1}))
		synctest.Wait()
		g.Expect(discarded).To(Equal([]string{"extra2"}))
		g.Expect(s.Len()).To(Equal(1))
	})
}

func TestLoadErrorsNamesOneKeyAndTheNumberOfOthers(t *testing.T) {
	g := NewWithT(t)
	broken := errors.New("broken")
	g.Expect(loadErrors{"a": broken}).To(MatchError("lastmodstore: loading a: broken"))
	g.Expect(loadErrors{"a": broken, "b": broken, "c": broken}.Error()).To(MatchRegexp(
		`^lastmodstore: loading [abc]: broken \(and 2 more keys failed\)$`))
}
