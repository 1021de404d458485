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
		o := linear.Options{NoExpiry: t.engine.Replicated, Pictures: t.pictures}
		if t.engine.Replicated {
			o.Slack = 10 * time.Second // a write has its time when the log takes it, and is seen when it arrives
		}
		open := func(interval time.Duration) lastmodstore.Store[string, int] { return t.engine.Strings(interval) }
		for seed := range t.rounds(300, 10_000) {
			if err := linear.Check(open, uint64(seed), o); err != nil {
				t.Fatal(err)
			}
		}
	})
}
