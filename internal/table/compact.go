package table

// maxRetired bounds how many slots are retired, beside an eighth as many as live
// ones, when readers do not leave.
const maxRetired = 4096

// IsClogged reports whether too many slots wait for readers to leave: the writer
// must wait, too.
func (t *Table[K, V]) IsClogged() bool {
	return t.slots.limbo.Len() > maxRetired+int(t.slots.live)/8
}

// HasRetired reports whether slots that are not live hold what they held.
func (t *Table[K, V]) HasRetired() bool { return t.slots.unclear || t.slots.limbo.Len() > 0 }

// Reclaim takes a step in giving back memory for which there is no more use. It
// reports whether there is another step to take at once.
func (t *Table[K, V]) Reclaim() (more bool) {
	t.slots.reclaim()
	t.slots.clearSpare()
	return t.compact(compactSteps)
}

// slack is how many vacant slots are kept.
func (s *slots[K, V]) slack() uint32 {
	if !s.shared {
		return 0
	}
	return reclaimEvery + s.live/8
}

const (
	compactMoves = 2   // entries that one removal moves
	compactSteps = 128 // slots at which it looks
)

// compact gives back memory, in steps of bounded size: it moves the last live
// slots into vacant ones before them, and drops the vacant ones at the end.
// Nobody may hold the number of a slot across it. It reports whether there is
// another step to take.
func (t *Table[K, V]) compact(moves int) (more bool) {
	s := &t.slots
	if s.vacant <= s.slack() {
		return false
	}
	s.ceiling = s.live + uint32(s.limbo.Len()) + s.slack()/2
	s.clearSpare()
	for _, i := range s.spare { // they may be at the end
		s.list(i)
	}
	s.spare = s.spare[:0]
	for range compactSteps {
		last := s.meta.n - 1
		switch {
		case s.vacant <= s.slack():
			return false
		case s.meta.at(last).heap == vacant:
			s.cut()
		case s.top <= s.ceiling:
			return false // what is left at the end is retired
		case !s.isLiveAt(s.top - 1):
			s.top--
		case s.low == none:
			s.low, s.high = s.high, none // vacated when the ceiling was lower
		case s.low >= s.ceiling:
			i := s.low // vacated when it was higher
			s.leave(i)
			s.enter(&s.high, i)
		case moves == 0:
			return true
		default:
			moves--
			t.move(s.top - 1)
		}
	}
	return true
}

// move gives the entry of slot i the first slot of the list low.
func (t *Table[K, V]) move(i uint32) {
	j := t.slots.low
	t.slots.leave(j)
	t.slots.vacant--
	t.slots.enliven(j)
	*t.slots.at(j) = *t.slots.at(i)
	t.publish(t.slots.meta.at(i).hash, i, j, nil)
	t.replaceInOrder(i, j)
	t.inherit(i, j)
	t.slots.retire(i)
}
