package compare_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
)

// 10: callers of Update whose key is contended take turns: the function runs a few
// times for each call, not thousands of times for an unlucky one.
func TestUpdatesTakeTurns(t *testing.T) {
	const callers, calls, mostMean, mostOnce = 64, 100, 5.0, 100
	for _, e := range tested() {
		t.Run(e.Name, func(t *testing.T) {
			watched(t, func(p *compare.Progress) {
				s := e.Strings(0)
				defer s.Close()
				var all, worst atomic.Int64
				var wg sync.WaitGroup
				for range callers {
					c := p.Caller()
					wg.Go(func() {
						for range calls {
							runs := int64(0)
							lastmodstore.Update(s, "n", func(old intEntry, _ bool) (int, time.Duration, error) {
								runs++
								return old.Value + 1, 0, nil
							})
							all.Add(runs)
							for w := worst.Load(); runs > w && !worst.CompareAndSwap(w, runs); w = worst.Load() {
							}
							c.Returned()
						}
					})
				}
				wg.Wait()
				if n, _ := s.Get("n"); n != callers*calls {
					t.Errorf("10: %d updates of %d are left", n, callers*calls)
				}
				mean := float64(all.Load()) / (callers * calls)
				t.Logf("runs for each call: mean %.1f, worst %d", mean, worst.Load())
				if mean > mostMean || worst.Load() > mostOnce {
					t.Errorf("10: the function of Update ran %.1f times a call, and %d times for one", mean, worst.Load())
				}
			})
		})
	}
}
