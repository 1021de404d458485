package compare

import (
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare/linear"
)

// linearizability tests that every operation takes place at one instant, expiry
// included. To their callers Update, Add and GetAndDelete are single operations too.
func linearizability(c *cases) {
	c.with(Batches, Adding, Sweeping, Conditions).add("10, 14, 15, 20: recorded histories are linearizable", func(t *tester) {
		open := func(interval time.Duration) lastmodstore.Store[string, int] { return t.engine.Strings(interval) }
		for seed := range t.rounds(300, 10_000) {
			if err := linear.Check(open, uint64(seed), linear.Options{NoExpiry: t.engine.Replicated, Pictures: t.pictures}); err != nil {
				t.Fatal(err)
			}
		}
	})
}
