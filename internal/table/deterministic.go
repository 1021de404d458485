package table

import (
	"cmp"

	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A deterministic table (config.Deterministic) is a replica: it applies the writes of a
// log, each at the time given in the log, and must then equal every other replica in all
// that can be observed, and remain equal, whether it has applied the log from the
// beginning or been restored from an Image. Its timeline is a replayed one. So
//
//   - reads change nothing: they set no marks, and the removal log is kept from the start;
//   - nothing depends on hashes, slot numbers or the shape of the heap: entries expire in
//     a total order, only writes that need room and sweeps remove other entries, and a
//     sweep counts what it removes;
//   - merged entries with equal times are in the order of their arrival.
//
// Its counters are those of one replica.

func (t *Table[K, V]) initDeterministic() {
	if t.config.MaxWeight > 0 {
		panic("lastmodstore: a deterministic table has no weights: its writes do not contain them, and the weighers of two replicas may differ")
	}
	t.ties, t.compareKeys = t.tiePrecedes, unordered[K]
	t.last = t.line.Opened() // later times are later than any position that a reader has been given
}

func unordered[K comparable](K, K) int {
	panic("lastmodstore: a deterministic table needs an order of its keys: call OrderKeys before the first write")
}

// OrderKeys sets the order in which keys expire that have equal deadlines and times of
// modification. It returns 0 only for equal keys. Call it before the first write.
func (t *Table[K, V]) OrderKeys(compare func(a, b K) int) { t.compareKeys = compare }

// tiePrecedes is precedes for items with equal deadlines.
func (t *Table[K, V]) tiePrecedes(a, b heapItem) bool {
	if a.slot == b.slot {
		return false
	}
	x, y := t.slots.at(a.slot), t.slots.at(b.slot)
	order := cmp.Compare(x.modified, y.modified)
	if order == 0 {
		order = t.compareKeys(x.key, y.key)
	}
	return order < 0
}

// sweepFirst removes the first entries that had expired by cutoff, at most limit.
func (t *Table[K, V]) sweepFirst(cutoff, now int64, limit int) (removed int, more bool) {
	for ; removed < limit; removed++ {
		slot, _ := t.expiredSlot(cutoff, int(t.heap.n)+1)
		if slot == none {
			return removed, false
		}
		t.expire(slot, now)
	}
	return removed, true
}

// NextDeadline returns a lower bound of the earliest deadline, or timeline.Never if no
// entry expires. If it is not later than now, an entry has expired, unless so many were
// renewed that they exceed the work of one step. That work, which a sweep would do
// otherwise, changes nothing that can be observed.
func (t *Table[K, V]) NextDeadline(now int64) int64 {
	t.expiredSlot(now, nextLimit)
	if t.heap.n == 0 {
		return timeline.Never
	}
	return t.heap.at(0).deadline
}

// nextLimit is the number of items that one call of NextDeadline fixes up.
const nextLimit = 1024
