package lastmodstore_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare/engines"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// patient is the context of callers that never give up.
var patient = context.Background()

func TestLoaderLoadsOnceForAllCallers(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		l := newIntLoader(t, s, countingSource(time.Second, time.Minute))
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(1)) })
		}
		wg.Wait()
		time.Sleep(time.Minute)
		g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(2), "the first value has expired")
	})
}

func TestLoaderReportsErrorsAndPanicsToAllCallersAndStoresNone(t *testing.T) {
	for name, fail := range waysToFail {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				failing := true
				l := newIntLoader(t, s, func(context.Context, string, intEntry, bool) (int, time.Duration, error) {
					time.Sleep(time.Second)
					if failing {
						return 0, 0, fail()
					}
					return 7, 0, nil
				})
				var wg sync.WaitGroup
				for range 5 {
					wg.Go(func() {
						_, err := l.Get(patient, "a")
						g.Expect(err).To(HaveOccurred())
						var p *lastmodstore.PanicError
						g.Expect(errors.As(err, &p)).To(Equal(name[0] == 'p'))
						g.Expect(errors.Is(err, errBroken)).To(Equal(name == "error" || name == "panic error"))
					})
				}
				wg.Wait()
				g.Expect(s.Len()).To(BeZero())
				failing = false
				g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(7))
			})
		})
	}
}

func TestLoaderNeverOverwritesALaterWrite(t *testing.T) {
	for name, c := range map[string]struct {
		before, meanwhile func(intStore)
		want, kept        int
		discarded         bool
	}{
		"set":            {func(intStore) {}, func(s intStore) { s.Set("a", 9, 0) }, 9, 9, true},
		"set over old":   {func(s intStore) { s.Set("a", 5, 0) }, func(s intStore) { s.Set("a", 9, 0) }, 9, 9, true},
		"delete":         {func(s intStore) { s.Set("a", 5, 0) }, func(s intStore) { s.Delete("a") }, 1, 0, true},
		"expires":        {func(s intStore) { s.Set("a", 5, 2*time.Millisecond) }, func(intStore) {}, 1, 1, false},
		"nothing":        {func(s intStore) { s.Set("a", 5, 0) }, func(intStore) {}, 1, 1, false},
		"nothing absent": {func(intStore) {}, func(intStore) {}, 1, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				var discarded []int
				l := newIntLoader(t, s, countingSource(time.Second, time.Hour),
					lastmodstore.OnDiscard(func(_ string, v int) { discarded = append(discarded, v) }))
				c.before(s)
				time.Sleep(time.Millisecond)
				time.AfterFunc(500*time.Millisecond, func() { c.meanwhile(s) })
				g.Expect(loaded(g)(l.GetFresh(patient, "a", 0))).To(Equal(c.want))
				synctest.Wait()
				kept, _ := s.Get("a")
				g.Expect(kept).To(Equal(c.kept))
				g.Expect(len(discarded) == 1).To(Equal(c.discarded), "a value that is not stored is discarded once")
			})
		})
	}
}

func TestLoaderLoadsAgainIfTheEntryWrittenMeanwhileIsTooOld(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		s.Set("b", 0, 0) // later than the entry merged below
		old := time.Now()
		time.Sleep(time.Hour)
		l := newIntLoader(t, s, countingSource(time.Second, 0))
		time.AfterFunc(time.Millisecond, func() { s.Merge("a", intEntry{Value: 9, LastModified: old}) })
		g.Expect(loaded(g)(l.GetFresh(patient, "a", time.Minute))).To(Equal(2))
	})
}

func TestLoaderReturnsAndDiscardsAValueThatTheStoreRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		ttl  time.Duration
		want error
	}{
		"full":        {0, lastmodstore.ErrFull},
		"invalid TTL": {-5, lastmodstore.ErrInvalidTTL},
		"closed":      {0, lastmodstore.ErrClosed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				s := mutexstore.New[string, int](0, lastmodstore.MaxEntries(1), lastmodstore.RejectWhenFull())
				defer s.Close()
				s.Set("b", 1, 0)
				var discarded []int
				var failed []error
				l := newIntLoader(t, s, countingSource(time.Second, c.ttl), lastmodstore.RetryAfter(time.Hour),
					lastmodstore.OnDiscard(func(_ string, v int) { discarded = append(discarded, v) }),
					lastmodstore.OnLoadError(func(_ string, err error) { failed = append(failed, err) }))
				if name == "closed" {
					time.AfterFunc(time.Millisecond, func() { s.Close() })
				}
				e, err := l.Get(patient, "a")
				g.Expect(err).To(MatchError(c.want))
				g.Expect(e).To(Equal(intEntry{Value: 1}), "the value, without the times of a stored entry")
				synctest.Wait()
				g.Expect(discarded).To(Equal([]int{1}))
				g.Expect(failed).To(HaveLen(1))
				g.Expect(failed[0]).To(MatchError(c.want))
				s.Delete("b")
				_, err = l.Get(patient, "a")
				g.Expect(err == nil).To(Equal(name == "full"), "a full store is not a failure of the source")
			})
		})
	}
}

// 18: NaN and unhashable keys are neither loaded nor retained.
func TestLoaderNeitherLoadsNorRetainsInvalidKeys(t *testing.T) {
	for _, e := range engines.All() {
		t.Run(e.Name, func(t *testing.T) {
			g := NewWithT(t)
			s := e.Any(0)
			defer s.Close()
			l := lastmodstore.NewLoader(s, func(context.Context, any, lastmodstore.Entry[any], bool) (any, time.Duration, error) {
				panic("loaded")
			})
			defer l.Close()
			_, err := l.Get(patient, math.NaN())
			g.Expect(err).To(Equal(lastmodstore.ErrInvalidKey))
			_, err = l.GetFresh(patient, math.NaN(), 0)
			g.Expect(err).To(Equal(lastmodstore.ErrInvalidKey))
			_, err = l.Invalidate(math.NaN())
			g.Expect(err).To(Equal(lastmodstore.ErrInvalidKey))
			g.Expect(func() { l.Get(patient, []int{1}) }).To(Panic(), "in the caller")
			g.Expect(func() { l.Invalidate([]int{1}) }).To(Panic(), "in the caller")
			loads, _, _, running := l.Held()
			g.Expect(loads + running).To(BeZero())
			_, err = l.Get(patient, "the loader still works")
			var p *lastmodstore.PanicError
			g.Expect(errors.As(err, &p)).To(BeTrue())
		})
	}
}

type loaderContextKey struct{}

func TestALoadSeesNoContextValuesOfItsCallers(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		l := newIntLoader(t, s, func(ctx context.Context, _ string, _ intEntry, _ bool) (int, time.Duration, error) {
			g.Expect(ctx.Value(loaderContextKey{})).To(BeNil())
			return 1, 0, nil
		})
		l.Get(context.WithValue(patient, loaderContextKey{}, "of the first caller"), "a")
	})
}

func TestGetWithAnEndedContextReturnsAPresentEntryAndLoadsNothing(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		l := newIntLoader(t, s, countingSource(0, 0))
		ctx, cancel := context.WithCancel(patient)
		cancel()
		_, err := l.Get(ctx, "a")
		g.Expect(err).To(MatchError(context.Canceled))
		s.Set("a", 5, 0)
		g.Expect(loaded(g)(l.Get(ctx, "a"))).To(Equal(5))
		time.Sleep(time.Second)
		_, err = l.GetFresh(ctx, "a", 0)
		g.Expect(err).To(MatchError(context.Canceled))
	})
}

func TestMisusePanicsWithASentence(t *testing.T) {
	g := NewWithT(t)
	s := mutexstore.New[string, int](0)
	defer s.Close()
	for want, misuse := range map[string]func(){
		"LoadTimeout(0s)":  func() { lastmodstore.LoadTimeout(0) },
		"RetryAfter(-1ns)": func() { lastmodstore.RetryAfter(-1) },
		"OnLoadError(nil)": func() { lastmodstore.OnLoadError[string](nil) },
		"OnDiscard(nil)":   func() { lastmodstore.OnDiscard[string, int](nil) },
		"MaxStale(0s)":     func() { lastmodstore.MaxStale(0) },
		"RefreshAhead(0s)": func() { lastmodstore.RefreshAhead(0) },
		"LoadMany(nil)":    func() { lastmodstore.LoadMany[string, int](nil) },
		"MaxStale limits ServeStale": func() {
			lastmodstore.NewLoader(s, countingSource(0, 0), lastmodstore.MaxStale(time.Second))
		},
		"LoadMany was given a lastmodstore.LoadManyFunc[int,int], but this Loader needs a lastmodstore.LoadManyFunc[string,int]": func() {
			lastmodstore.NewLoader(s, countingSource(0, 0),
				lastmodstore.LoadMany(func(context.Context, []int) (map[int]lastmodstore.Loaded[int], error) { return nil, nil }))
		},
		"the LoadFunc": func() { lastmodstore.NewLoader(s, nil) },
		"a func(int, error), but this Loader needs a func(string, error)": func() {
			lastmodstore.NewLoader(s, countingSource(0, 0), lastmodstore.OnLoadError(func(int, error) {}))
		},
		"a func(string, string), but this Loader needs a func(string, int)": func() {
			lastmodstore.NewLoader(s, countingSource(0, 0), lastmodstore.OnDiscard(func(string, string) {}))
		},
	} {
		g.Expect(misuse).To(PanicWith(ContainSubstring(want)))
	}
}

func TestPanicErrorUnwrapsOnlyErrors(t *testing.T) {
	g := NewWithT(t)
	err := fmt.Errorf("wrapped: %w", &lastmodstore.PanicError{Value: fs.ErrNotExist})
	g.Expect(errors.Is(err, fs.ErrNotExist)).To(BeTrue())
	g.Expect((&lastmodstore.PanicError{Value: "text"}).Unwrap()).To(BeNil())
}
