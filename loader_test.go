package lastmodstore_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

type source func(ctx context.Context, key string, present lastmodstore.Entry[int], ok bool) (int, time.Duration, error)

// inLoader runs f in a bubble with a loader of load.
func inLoader(t *testing.T, load source, f func(g Gomega, l *lastmodstore.Loader[string, int], s lastmodstore.Store[string, int]), opts ...lastmodstore.LoaderOption) {
	synctest.Test(t, func(t *testing.T) {
		s := mutexstore.New[string, int](0)
		defer s.Close()
		f(NewWithT(t), lastmodstore.NewLoader(s, lastmodstore.LoadFunc[string, int](load), opts...), s)
		synctest.Wait()
	})
}

func TestLoaderLoadsOnceForAll(t *testing.T) {
	var loads atomic.Int32
	load := func(context.Context, string, lastmodstore.Entry[int], bool) (int, time.Duration, error) {
		time.Sleep(time.Second)
		return int(loads.Add(1)), time.Minute, nil
	}
	inLoader(t, load, func(g Gomega, l *lastmodstore.Loader[string, int], _ lastmodstore.Store[string, int]) {
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				e, err := l.Get(context.Background(), "a")
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(e.Value).To(Equal(1))
			})
		}
		wg.Wait()
		time.Sleep(time.Minute)
		e, err := l.Get(context.Background(), "a")
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(e.Value).To(Equal(2), "it had expired")
	})
}

func TestLoaderRefreshesWhatIsTooOld(t *testing.T) {
	load := func(_ context.Context, _ string, present lastmodstore.Entry[int], ok bool) (int, time.Duration, error) {
		if ok && present.Value == 2 {
			return 0, lastmodstore.NoExpiry, fmt.Errorf("304: %w", lastmodstore.ErrNotModified)
		}
		return present.Value + 1, lastmodstore.NoExpiry, nil
	}
	inLoader(t, load, func(g Gomega, l *lastmodstore.Loader[string, int], _ lastmodstore.Store[string, int]) {
		for _, want := range []int{1, 1, 2, 2, 2} {
			e, err := l.GetFresh(context.Background(), "a", time.Minute)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(e.Value).To(Equal(want))
			g.Expect(time.Since(e.LastModified)).To(BeNumerically("<=", time.Minute))
			time.Sleep(40 * time.Second)
		}
	})
}

func TestLoaderTellsErrorsAndPanicsToAllAndStoresNone(t *testing.T) {
	broken := errors.New("broken")
	for name, fail := range map[string]func() error{
		"error":  func() error { return broken },
		"panic":  func() error { panic("broken") },
		"goexit": func() error { runtime.Goexit(); return nil },
	} {
		failing := true
		load := func(context.Context, string, lastmodstore.Entry[int], bool) (int, time.Duration, error) {
			time.Sleep(time.Second)
			if failing {
				return 0, 0, fail()
			}
			return 7, 0, nil
		}
		inLoader(t, load, func(g Gomega, l *lastmodstore.Loader[string, int], s lastmodstore.Store[string, int]) {
			var wg sync.WaitGroup
			for range 5 {
				wg.Go(func() {
					_, err := l.Get(context.Background(), "a")
					g.Expect(err).To(HaveOccurred(), name)
					if name == "panic" {
						var p *lastmodstore.PanicError
						g.Expect(errors.As(err, &p)).To(BeTrue())
						g.Expect(p.Value).To(Equal("broken"))
					}
				})
			}
			wg.Wait()
			g.Expect(s.Len()).To(BeZero())
			failing = false
			e, err := l.Get(context.Background(), "a")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(e.Value).To(Equal(7))
		})
	}
}

func TestLoaderOutlivesOneWaiterButNotAll(t *testing.T) {
	cancelled := 0
	load := func(ctx context.Context, _ string, _ lastmodstore.Entry[int], _ bool) (int, time.Duration, error) {
		select {
		case <-time.After(time.Minute):
			return 1, 0, nil
		case <-ctx.Done():
			cancelled++
			return 0, 0, ctx.Err()
		}
	}
	inLoader(t, load, func(g Gomega, l *lastmodstore.Loader[string, int], _ lastmodstore.Store[string, int]) {
		short, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := l.Get(short, "a")
			g.Expect(err).To(MatchError(context.DeadlineExceeded))
		})
		wg.Go(func() {
			e, err := l.Get(context.Background(), "a")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(e.Value).To(Equal(1))
		})
		wg.Wait()
		g.Expect(cancelled).To(BeZero())
		short, cancel = context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, err := l.Get(short, "b")
		g.Expect(err).To(MatchError(context.DeadlineExceeded))
		synctest.Wait()
		g.Expect(cancelled).To(Equal(1))
	})
}

func TestLoaderNeverOverwritesWhatWasWrittenSince(t *testing.T) {
	load := func(context.Context, string, lastmodstore.Entry[int], bool) (int, time.Duration, error) {
		time.Sleep(time.Second)
		return 1, time.Hour, nil
	}
	inLoader(t, load, func(g Gomega, l *lastmodstore.Loader[string, int], s lastmodstore.Store[string, int]) {
		for name, c := range map[string]struct {
			before, meanwhile func()
			want, kept        int
		}{
			"set":            {func() {}, func() { s.Set("a", 9, 0) }, 9, 9},
			"set over old":   {func() { s.Set("a", 5, 0) }, func() { s.Set("a", 9, 0) }, 9, 9},
			"delete":         {func() { s.Set("a", 5, 0) }, func() { s.Delete("a") }, 1, 0},
			"expires":        {func() { s.Set("a", 5, 2*time.Millisecond) }, func() {}, 1, 1},
			"nothing":        {func() { s.Set("a", 5, 0) }, func() {}, 1, 1},
			"nothing absent": {func() {}, func() {}, 1, 1},
		} {
			s.Clear()
			c.before()
			time.Sleep(time.Millisecond)
			time.AfterFunc(time.Millisecond*500, c.meanwhile)
			e, err := l.GetFresh(context.Background(), "a", 0)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(e.Value).To(Equal(c.want), name)
			kept, _ := s.Get("a")
			g.Expect(kept).To(Equal(c.kept), name)
		}
	})
}

func TestLoaderServesStaleWhileOneLoadRuns(t *testing.T) {
	loads := 0
	load := func(_ context.Context, _ string, present lastmodstore.Entry[int], _ bool) (int, time.Duration, error) {
		time.Sleep(time.Second)
		loads++
		return present.Value + 1, 0, nil
	}
	inLoader(t, load, func(g Gomega, l *lastmodstore.Loader[string, int], _ lastmodstore.Store[string, int]) {
		get := func() int {
			e, err := l.GetFresh(context.Background(), "a", time.Minute)
			g.Expect(err).NotTo(HaveOccurred())
			return e.Value
		}
		g.Expect(get()).To(Equal(1), "none to serve: it waits")
		time.Sleep(time.Hour)
		for range 10 {
			g.Expect(get()).To(Equal(1))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		g.Expect(get()).To(Equal(2))
		g.Expect(loads).To(Equal(2))
	}, lastmodstore.ServeStale())
}
