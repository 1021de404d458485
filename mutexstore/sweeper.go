package mutexstore

import "time"

// sweepEvery is the sweeper's goroutine.
func (s *Store[K, V]) sweepEvery(interval time.Duration) {
	defer close(s.gone)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.Cleanup()
		case <-s.done:
			return
		}
	}
}

// Cleanup takes the lock anew for each step, so that others come between.
func (s *Store[K, V]) Cleanup() int {
	removed, cutoff := 0, s.line.Now()
	for {
		n, more := s.sweepStep(cutoff)
		removed += n
		if !more {
			return removed
		}
	}
}

func (s *Store[K, V]) sweepStep(cutoff int64) (removed int, more bool) {
	now, err := s.begin()
	defer s.end()
	if err != nil {
		return 0, false
	}
	removed, more = s.table.Sweep(cutoff, now)
	s.table.CountSweepStep(s.line.Now()-now, !more)
	return removed, more
}
