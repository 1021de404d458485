package table

import "github.com/lastmodstore/lastmodstore/internal/timeline"

// The expiry index is a 4-ary heap of exactly the slots that expire. The deadline of
// an item is never later than that of its slot. If a slot's deadline is postponed, its
// item stays as it is and is fixed up when it reaches the top: renewing a TTL costs no
// heap work.
type heapItem struct {
	deadline int64
	slot     uint32
}

const arity = 4

// SweepLimit bounds the work of one Sweep, in heap items.
const SweepLimit = 128

// schedule updates the index after the deadline of slot i has changed from before.
func (t *Table[K, V]) schedule(i uint32, before int64) {
	m, deadline := t.slots.meta.at(i), t.slots.at(i).deadline
	switch {
	case deadline == timeline.Never:
		if m.heap != none {
			t.heapRemove(m.heap)
			m.heap = none
		}
	case m.heap == none:
		t.heapPlace(t.heap.push(), heapItem{deadline, i})
	case deadline < before && deadline < t.heap.at(m.heap).deadline: // otherwise the item is due no later than its slot
		t.heapPlace(m.heap, heapItem{deadline, i})
	case t.ties != nil: // its time of modification may have changed
		t.heapSink(m.heap, *t.heap.at(m.heap))
	}
}

// precedes reports whether item a is due before item b. In a deterministic table this is
// a total order, so that the first expired entry does not depend on the heap's history.
func (t *Table[K, V]) precedes(a, b heapItem) bool {
	return a.deadline < b.deadline || a.deadline == b.deadline && t.ties != nil && t.ties(a, b)
}

// expiredSlot returns a slot that has expired by now, or none if it finds none within
// limit. Work is the number of items that it had to fix up.
func (t *Table[K, V]) expiredSlot(now int64, limit int) (slot uint32, work int) {
	for ; t.heap.n > 0 && work < limit; work++ {
		top := *t.heap.at(0)
		if top.deadline > now {
			break
		}
		deadline := t.slots.at(top.slot).deadline
		if deadline == top.deadline {
			return top.slot, work
		}
		t.heapSink(0, heapItem{deadline, top.slot})
	}
	return none, work
}

// Sweep takes one step in removing the entries that had expired by cutoff, which may
// lie before now. It returns how many it removed and whether there may be more.
func (t *Table[K, V]) Sweep(cutoff, now int64) (removed int, more bool) {
	return t.SweepStep(cutoff, now, SweepLimit)
}

// SweepStep is Sweep with another limit. In a deterministic table the limit is that of
// removals.
func (t *Table[K, V]) SweepStep(cutoff, now int64, limit int) (removed int, more bool) {
	if t.config.Deterministic {
		return t.sweepFirst(cutoff, now, limit)
	}
	for left := limit; left > 0; {
		slot, work := t.expiredSlot(cutoff, left)
		left -= work
		if slot == none {
			return removed, left <= 0
		}
		t.expire(slot, now)
		removed++
		left--
	}
	return removed, true
}

// heapPlace fills the hole at p with d, moving it up as far as necessary.
func (t *Table[K, V]) heapPlace(p uint32, d heapItem) {
	for p > 0 {
		up := (p - 1) / arity
		parent := *t.heap.at(up)
		if !t.precedes(d, parent) {
			break
		}
		t.heapWrite(p, parent)
		p = up
	}
	t.heapWrite(p, d)
}

// heapSink fills the hole at p with d, moving it down as far as necessary.
func (t *Table[K, V]) heapSink(p uint32, d heapItem) {
	for {
		first := arity*p + 1
		if first >= t.heap.n {
			break
		}
		least, earliest := first, *t.heap.at(first)
		for c := first + 1; c < min(first+arity, t.heap.n); c++ {
			if x := *t.heap.at(c); t.precedes(x, earliest) {
				least, earliest = c, x
			}
		}
		if !t.precedes(earliest, d) {
			break
		}
		t.heapWrite(p, earliest)
		p = least
	}
	t.heapWrite(p, d)
}

func (t *Table[K, V]) heapWrite(p uint32, d heapItem) {
	*t.heap.at(p) = d
	t.slots.meta.at(d.slot).heap = p
}

func (t *Table[K, V]) heapRemove(p uint32) {
	last := *t.heap.at(t.heap.n - 1)
	t.heap.pop()
	if p == t.heap.n {
		return
	}
	if p > 0 && t.precedes(last, *t.heap.at((p - 1) / arity)) {
		t.heapPlace(p, last)
	} else {
		t.heapSink(p, last)
	}
}
