package mutexstore

import (
	"time"

	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// sweepEvery runs the sweeper's goroutine.
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

// sweep calls Cleanup when no other shard of the same Sharded is sweeping.
func (s *Store[K, V]) sweep() {
	s.mu.RLock() // concurrently with Join
	sem := s.sweepSem
	s.mu.RUnlock()
	select {
	case sem <- struct{}{}:
		s.Cleanup()
		<-sem
	case <-s.done:
	}
}

// Cleanup implements [lastmodstore.Writer]: it removes every entry that has expired
// and returns how many it removed. It unlocks between steps, so that others get the
// lock.
func (s *Store[K, V]) Cleanup() (removed int) {
	line := s.timeline()
	cutoff := line.Catch()
	s.inSteps(line, func(isBusy bool) (contended, more bool) {
		began, err := s.begin()
		defer s.end()
		if err != nil {
			return false, false
		}
		limit := sweepLimit
		if isBusy {
			limit = table.SweepLimit
		}
		n, more := s.table.SweepStep(cutoff, began, limit)
		removed += n
		s.table.CountSweepStep(line.Now()-began, !more)
		return s.mu.isContended(), more
	})
	s.reclaimNow()
	return removed
}

const (
	sweepLimit = 32 // entries of a step: some tens of microseconds

	longRest = int64(time.Millisecond)
)

// inSteps calls step, which takes the lock, until there is no more to do, and lets
// others have the lock and the processor in between. Contended means that a write
// waited, and isBusy that the processors are: a rest lasted long.
func (s *Store[K, V]) inSteps(line *timeline.Timeline, step func(isBusy bool) (contended, more bool)) {
	s.mu.beginSteps()
	defer s.mu.endSteps()
	var pace engine.Pacer
	pace.Begin(line.Now())
	for isBusy := false; ; {
		contended, more := step(isBusy)
		if !more {
			return
		}
		if now := line.Now(); pace.ShouldRest(contended, now) {
			woke := s.mu.rest(line, contended, isBusy)
			pace.Wake(now, woke)
			isBusy = isBusy || woke-now > longRest
		}
	}
}

// timeline returns the store's timeline, also concurrently with Join.
func (s *Store[K, V]) timeline() *timeline.Timeline {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.line
}
