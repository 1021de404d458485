package table

// maxRetired bounds the number of retired slots while readers do not leave: there may
// be this many, plus an eighth of the number of live slots.
const maxRetired = 4096

// HasTooManyRetired reports whether so many slots wait for readers to leave that the
// writer must wait, too.
func (t *Table[K, V]) HasTooManyRetired() bool {
	return t.slots.limbo.Len() > maxRetired+int(t.slots.live)/8
}

// HasRetired reports whether slots that are not live still hold their entries.
func (t *Table[K, V]) HasRetired() bool { return t.slots.spareUncleared || t.slots.limbo.Len() > 0 }

// Reclaim takes one step in freeing memory that is no longer used. It reports whether
// another step can follow at once.
func (t *Table[K, V]) Reclaim() (more bool) {
	t.slots.reclaim()
	t.slots.clearSpare()
	return t.compact(compactSteps)
}

// slack returns the number of vacant slots to keep.
func (s *slots[K, V]) slack() uint32 {
	if !s.shared {
		return 0
	}
	return reclaimEvery + s.live/8
}

const (
	compactMoves = 2   // entries that one removal may move
	compactSteps = 128 // slots that one call may examine
)

// compact frees memory in steps of bounded size: it moves the last live slots into
// vacant ones before them and drops the vacant slots at the end. Slot numbers that
// the caller holds are invalid afterwards. It reports whether another step can follow
// at once.
func (t *Table[K, V]) compact(moves int) (more bool) {
	s := &t.slots
	if s.vacant <= s.slack() {
		return false
	}
	s.ceiling = s.live + uint32(s.limbo.Len()) + s.slack()/2
	s.clearSpare()
	for _, i := range s.spare { // they may be at the end
		s.addVacant(i)
	}
	s.spare = s.spare[:0]
	for range compactSteps {
		last := s.meta.n - 1
		switch {
		case s.vacant <= s.slack():
			return false
		case s.meta.at(last).heap == vacant:
			s.dropLast()
		case s.top <= s.ceiling:
			return false // the remaining slots at the end are retired
		case !s.isLiveAt(s.top - 1):
			s.top--
		case s.low == none:
			s.low, s.high = s.high, none // became vacant when the ceiling was lower
		case s.low >= s.ceiling:
			i := s.low // became vacant when the ceiling was higher
			s.removeVacant(i)
			s.pushVacant(&s.high, i)
		case moves == 0:
			return true
		default:
			moves--
			t.move(s.top - 1)
		}
	}
	return true
}

// move moves the entry of slot i to the first slot of the list low.
func (t *Table[K, V]) move(i uint32) {
	j := t.slots.low
	t.slots.removeVacant(j)
	t.slots.vacant--
	t.slots.markLive(j)
	*t.slots.at(j) = *t.slots.at(i)
	t.publish(t.slots.meta.at(i).hash, i, j, nil)
	t.replaceInOrder(i, j)
	t.transferRefs(i, j)
	t.slots.retire(i)
}
