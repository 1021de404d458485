package limiterstore_test

import (
	"context"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/ulule/limiter/v3"

	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
	"github.com/lastmodstore/lastmodstore/contrib/limiterstore"
)

// A tally collects what concurrent callers were allowed.
type tally struct {
	mu      sync.Mutex
	allowed map[int64][]int64 // by the end of the window: how many requests remained after each
}

func (a *tally) count(g *WithT, s *limiterstore.Store, rate limiter.Rate) {
	state, err := s.Get(context.Background(), "client", rate)
	g.Expect(err).NotTo(HaveOccurred())
	if !state.Reached {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.allowed[state.Reset] = append(a.allowed[state.Reset], state.Remaining)
	}
}

// expectExactly fails unless each window allowed limit requests, and each of these found
// another number remaining.
func (a *tally) expectExactly(g *WithT, limit int64, windows int) {
	g.Expect(a.allowed).To(HaveLen(windows))
	var want []any
	for n := range limit {
		want = append(want, n)
	}
	for _, remaining := range a.allowed {
		g.Expect(remaining).To(ConsistOf(want...))
	}
}

const (
	callers = 20
	calls   = 10 // of each caller
	limit   = callers * calls / 2
)

// countTogether lets callers count at once, each on one of the stores.
func countTogether(g *WithT, stores ...*limiterstore.Store) {
	a := tally{allowed: map[int64][]int64{}}
	var wg sync.WaitGroup
	for n := range callers {
		wg.Go(func() {
			for range calls {
				a.count(g, stores[n%len(stores)], limiter.Rate{Period: time.Hour, Limit: limit})
			}
		})
	}
	wg.Wait()
	a.expectExactly(g, limit, 1)
}

func TestOfConcurrentRequestsExactlyTheLimitIsAllowed(t *testing.T) {
	engines.Each(t, func(t *testing.T, s counters) {
		countTogether(NewWithT(t), limiterstore.New(s, "test"))
	})
}

func TestNodesAllowExactlyTheLimitTogether(t *testing.T) {
	nodes := engines.Nodes[string, int64](t, 2)
	countTogether(NewWithT(t), limiterstore.New(nodes[0], "test"), limiterstore.New(nodes[1], "test"))
}

func TestEachWindowAllowsExactlyTheLimit(t *testing.T) {
	engines.EachInBubble(t, func(t *testing.T, s counters) {
		const windows = 4
		store := limiterstore.New(s, "test")
		a := tally{allowed: map[int64][]int64{}}
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				for range windows * 10 { // all callers count at the same instants
					a.count(NewWithT(t), store, limiter.Rate{Period: 10 * time.Minute, Limit: limit})
					time.Sleep(time.Minute)
				}
			})
		}
		wg.Wait()
		a.expectExactly(NewWithT(t), limit, windows)
	})
}
