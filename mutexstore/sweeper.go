package mutexstore

import (
	"time"

	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/turn"
)

// sweepEvery is the sweeper's goroutine.
func (s *Store[K, V]) sweepEvery(interval time.Duration) {
	defer close(s.gone)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.sweepInTurn()
		case <-s.done:
			return
		}
	}
}

func (s *Store[K, V]) sweepInTurn() {
	s.mu.RLock()
	t := s.turn
	s.mu.RUnlock()
	select {
	case t <- struct{}{}:
		s.Cleanup()
		<-t
	case <-s.done:
	}
}

// SweepInTurn is for [lastmodstore.Sharded].
func (s *Store[K, V]) SweepInTurn(t turn.Turn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn = t
}

// contended is how long one waits for a lock that is not free. To take a free
// one lasts a fifth of that.
const contended = int64(200 * time.Nanosecond)

// Cleanup takes the lock anew for each step, so that others come between.
func (s *Store[K, V]) Cleanup() int {
	removed, cutoff := 0, s.line.Now()
	var pace table.Pacer
	pace.Begin(cutoff)
	for {
		asked := s.line.Now()
		n, began, more := s.sweepStep(cutoff)
		removed += n
		if !more {
			return removed
		}
		if now := s.line.Now(); pace.Tires(began-asked > contended, now) {
			time.Sleep(table.SweepPause)
			pace.Wake(now, s.line.Now())
		}
	}
}

func (s *Store[K, V]) sweepStep(cutoff int64) (removed int, began int64, more bool) {
	began, err := s.begin()
	defer s.end()
	if err != nil {
		return 0, began, false
	}
	removed, more = s.table.Sweep(cutoff, began)
	s.table.CountSweepStep(s.line.Now()-began, !more)
	return removed, began, more
}
