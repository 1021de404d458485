package mutexstore

import (
	"runtime"
	"time"
)

// Writes give back what readers can no longer look at, some at a time. The last of
// them leave the rest to a timer, so that an idle store retains nothing.
const reclaimAfter = 10 * time.Millisecond

// reclaimLaterLocked sets the timer if there is something to reclaim.
func (s *Store[K, V]) reclaimLaterLocked() {
	if s.reclaiming || s.closed || !s.table.HasRetired() {
		return
	}
	s.reclaiming = true
	s.reclaims.Add(1)
	if s.timer == nil {
		s.timer = time.AfterFunc(reclaimAfter, s.reclaim)
	} else {
		s.timer.Reset(reclaimAfter)
	}
}

// reclaim runs on the timer's goroutine.
func (s *Store[K, V]) reclaim() {
	defer s.reclaims.Done()
	s.reclaimNow()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reclaiming = false
	s.reclaimLaterLocked() // for readers that have been interrupted
}

// reclaimNow takes the lock again for each step, so that others get it in between.
func (s *Store[K, V]) reclaimNow() {
	s.mu.beginSteps()
	defer s.mu.endSteps()
	for more := true; more; {
		s.mu.Lock()
		more = !s.closed && s.table.Reclaim()
		s.mu.Unlock()
		runtime.Gosched()
		s.mu.giveWay()
	}
}

// endReclaimingLocked stops the timer. One that has fired finds the store closed.
func (s *Store[K, V]) endReclaimingLocked() {
	if s.reclaiming && s.timer.Stop() {
		s.reclaims.Done()
	}
}
