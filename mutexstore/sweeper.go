package mutexstore

import (
	"runtime"
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

// Cleanup takes the lock again for each step, so that others come between.
func (s *Store[K, V]) Cleanup() int {
	s.mu.RLock() // Join may run
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

// rest lets others have the processor from now on and, if the lock is contended, the
// lock for a while. It returns the time at its end. It does not sleep: a thread that
// wakes up may push another off its processor for milliseconds.
func (s *Store[K, V]) rest(line *timeline.Timeline, now int64, contended bool) int64 {
	runtime.Gosched()
	end := line.Now()
	for n := 0; contended && n < restYields && end-now < int64(engine.SweepPause); n++ {
		runtime.Gosched()
		end = line.Now()
	}
	return end
}

// restYields bounds a rest where the clock stands.
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
