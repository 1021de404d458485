// This file runs on the goroutine that sweeps, and on those of the callers of Cleanup.

package replicated

import (
	"context"
	"time"

	"github.com/lastmodstore/lastmodstore/replicated/internal/command"
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
				s.sweep(ctx)
			} else {
				s.idleSweeps.Add(1)
			}
		case <-ctx.Done():
			return
		}
	}
}

// sweepLimit bounds the entries that one command removes, so that no other command
// waits long.
const sweepLimit = 1000

// sweep removes every entry that has expired by the log's time and returns how many it
// removed.
func (s *Store[K, V]) sweep(ctx context.Context) (removed int) {
	for more := true; more; {
		r, err := s.send(ctx, &command.Command{Op: command.Sweep, Limit: sweepLimit}, s.options.timeout)
		removed += r.N
		more = r.OK && err == nil
	}
	return removed
}
