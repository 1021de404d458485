package mutexstore

import (
	"time"

	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// sweepEvery is the sweeper's goroutine.
func (s *Store[K, V]) sweepEvery(interval time.Duration) {
	defer close(s.stopped)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.sweep()
		case <-s.done:
			return
		}
	}
}

// sweep is Cleanup when no shard of the same Sharded sweeps.
func (s *Store[K, V]) sweep() {
	s.mu.RLock() // Join may run
	sweeps := s.sweeps
	s.mu.RUnlock()
	select {
	case sweeps <- struct{}{}:
		s.Cleanup()
		<-sweeps
	case <-s.done:
	}
}

// contended is how long one waits for a lock that is not free. To take a free
// one lasts a fifth of that.
const contended = int64(200 * time.Nanosecond)

// Cleanup takes the lock again for each step, so that others come between.
func (s *Store[K, V]) Cleanup() int {
	s.mu.RLock() // Join may run
	line := s.line
	s.mu.RUnlock()
	removed, cutoff := 0, line.Catch()
	var pace engine.Pacer
	pace.Begin(cutoff)
	for {
		asked := line.Now()
		n, began, more := s.sweepStep(line, cutoff)
		removed += n
		if !more {
			s.reclaimNow()
			return removed
		}
		if now := line.Now(); pace.ShouldRest(began-asked > contended, now) {
			time.Sleep(engine.SweepPause)
			pace.Wake(now, line.Now())
		}
	}
}

func (s *Store[K, V]) sweepStep(line *timeline.Timeline, cutoff int64) (removed int, began int64, more bool) {
	began, err := s.begin()
	defer s.end()
	if err != nil {
		return 0, began, false
	}
	removed, more = s.table.Sweep(cutoff, began)
	s.table.CountSweepStep(line.Now()-began, !more)
	return removed, began, more
}
