// This file runs on the goroutine that sweeps.

package replicated

import (
	"context"
	"time"
)

// sweepEvery calls Cleanup every interval if something has expired. Sweeps are
// commands, since all nodes must remove the same entries in the same order. The nodes
// need no agreement on which of them sweeps: the others then find nothing.
func (s *Store[K, V]) sweepEvery(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if s.replica.NextDeadline() <= s.replica.Line.Now() {
				s.Cleanup()
			} else {
				s.idleSweeps.Add(1)
			}
		case <-ctx.Done():
			return
		}
	}
}
