package mutexstore

import (
	"runtime"
	"time"

	"github.com/lastmodstore/lastmodstore/internal/engine"
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
func (s *Store[K, V]) Cleanup() int {
	s.mu.RLock() // concurrently with Join
	line := s.line
	s.mu.RUnlock()
	s.mu.beginSteps()
	defer s.mu.endSteps()
	removed, cutoff := 0, line.Catch()
	var pace engine.Pacer
	pace.Begin(cutoff)
	for {
		n, contended, more := s.sweepStep(line, cutoff)
		removed += n
		if !more {
			s.reclaimNow()
			return removed
		}
		if now := line.Now(); pace.ShouldRest(contended, now) {
			pace.Wake(now, s.rest(line, now, contended))
		}
		s.mu.giveWay()
	}
}

// rest yields the processor and, if the lock is contended, leaves the lock to others
// for a while. It returns the time at its end. It does not sleep: a thread that wakes
// up may push another off its processor for milliseconds.
func (s *Store[K, V]) rest(line *timeline.Timeline, now int64, contended bool) int64 {
	runtime.Gosched()
	end := line.Now()
	for n := 0; contended && n < restYields && end-now < int64(engine.SweepPause); n++ {
		runtime.Gosched()
		end = line.Now()
	}
	return end
}

// restYields bounds a rest while the clock stands still.
const restYields = 1000

func (s *Store[K, V]) sweepStep(line *timeline.Timeline, cutoff int64) (removed int, contended, more bool) {
	began, err := s.begin()
	defer s.end()
	if err != nil {
		return 0, false, false
	}
	removed, more = s.table.Sweep(cutoff, began)
	s.table.CountSweepStep(line.Now()-began, !more)
	return removed, s.mu.isContended(), more
}
