package compare

import (
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// contention tests Update of a contended key.
func contention(c *cases) {
	c.with(Turns, Conditions).add("10: callers of Update of a contended key take turns", updatesTakeTurns)
}

// updatesTakeTurns checks that the function of Update runs a few times for each
// call, not thousands of times for an unlucky one.
func updatesTakeTurns(t *tester) {
	const callers, calls, mostMean, mostOnce = 64, 100, 5.0, 100
	s := t.engine.Strings(0)
	defer s.Close()
	var all, worst atomic.Int64
	wg := t.workers()
	for range callers {
		c := t.caller()
		wg.Go(func() {
			for range calls {
				runs := int64(0)
				lastmodstore.Update(s, "n", func(old entry, _ bool) (int, time.Duration, error) {
					runs++
					return old.Value + 1, 0, nil
				})
				all.Add(runs)
				for w := worst.Load(); runs > w && !worst.CompareAndSwap(w, runs); w = worst.Load() {
				}
				c.returned()
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
}
