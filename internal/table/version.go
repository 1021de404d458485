package table

import (
	"sync/atomic"

	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A write makes a new version in four steps: it drafts a slot, fills it, publishes it,
// and lets it replace the earlier slot in the order and the expiry index. Publishing
// waits until all earlier writes are in the cache, so what readers do not see is
// written after it.

// draft returns a slot for the next version of the entry of slot i, as a copy of that,
// or for a new entry of key if i is none. If there are no readers without a lock, the
// next version is stored in slot i itself.
func (t *Table[K, V]) draft(i, h uint32, key K) (uint32, *slot[K, V]) {
	if i == none {
		j := t.slots.take()
		*t.slots.meta.at(j) = meta{none, h}
		s := t.slots.at(j)
		*s = slot[K, V]{key: key, times: times{deadline: timeline.Never}}
		return j, s
	}
	s := t.slots.at(i)
	if t.readers == nil {
		return i, s
	}
	j := t.slots.take()
	next := t.slots.at(j)
	*next = *s
	return j, next
}

// publish makes slot j, for a key with hash h, visible to readers, instead of slot i if
// that is not none. At is the cell of slot i, or nil if it is not known. From then on
// slot j must not be written.
func (t *Table[K, V]) publish(h, i, j uint32, at *uint64) {
	switch i {
	case none:
		t.index.insert(h, j)
		t.followDirectory()
	case j:
	default:
		if at == nil {
			at = t.index.search(h, i)
		}
		atomic.StoreUint64(at, cell(h, j))
	}
}

// replaceSlot replaces slot i with slot j in everything that only the writer uses,
// except the modification order, and retires slot i. Before is the deadline of slot i.
func (t *Table[K, V]) replaceSlot(i, j uint32, before int64) {
	if i != none && i != j {
		t.transferRefs(i, j)
		t.slots.retire(i)
	}
	if t.slots.at(j).deadline != before || t.ties != nil { // otherwise its item is correct
		t.schedule(j, before)
	}
}

// transferRefs makes all references to slot i refer to slot j.
func (t *Table[K, V]) transferRefs(i, j uint32) {
	m := *t.slots.meta.at(i)
	*t.slots.meta.at(j) = m
	if t.isWeighed() {
		*t.slots.weights.at(j) = *t.slots.weights.at(i)
	}
	if m.heap != none {
		t.heap.at(m.heap).slot = j
	}
	if t.hand == i {
		t.hand = j
	}
	if t.mergeHint == i {
		t.mergeHint = j
	}
	if t.slots.marks != nil {
		if t.slots.marks.at(i).Load() { // a reader may have marked j already
			t.slots.marks.at(j).Store(true)
		}
	}
}
