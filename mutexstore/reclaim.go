package mutexstore

import "time"

// Writes reclaim slots that no reader can access any more, a batch at a time. What
// the last writes leave is reclaimed by a timer, so that an idle store retains nothing.
const reclaimAfter = 10 * time.Millisecond

// reclaimLaterLocked sets the timer if there is something to reclaim.
func (s *Store[K, V]) reclaimLaterLocked() {
	if s.reclaiming || s.closed || !s.table.HasRetired() {
		return
	}
	s.reclaiming = true
	s.reclaimWG.Add(1)
	if s.timer == nil {
		s.timer = time.AfterFunc(reclaimAfter, s.reclaim)
	} else {
		s.timer.Reset(reclaimAfter)
	}
}

// reclaim runs on the timer's goroutine.
func (s *Store[K, V]) reclaim() {
	defer s.reclaimWG.Done()
	s.reclaimNow()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reclaiming = false
	s.reclaimLaterLocked() // if interrupted readers still hold slots
}

// reclaimNow reclaims until no step is left. It unlocks between steps, so that others
// get the lock.
func (s *Store[K, V]) reclaimNow() {
	s.inSteps(s.timeline(), func(bool) (contended, more bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		more = !s.closed && s.table.Reclaim()
		return s.mu.isContended(), more
	})
}

// endReclaimingLocked stops the timer. If it has fired, reclaim finds the store
// closed.
func (s *Store[K, V]) endReclaimingLocked() {
	if s.reclaiming && s.timer.Stop() {
		s.reclaimWG.Done()
	}
}
