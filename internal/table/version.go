package table

import (
	"sync/atomic"

	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A write makes a new version in four steps: draft a slot, fill it, publish it, and
// let it succeed the earlier one in the order and the expiry index. Publishing
// waits until all that was written before is in the cache, so what readers do not
// see is written after it.

// draft returns a slot for the next version of the entry of slot i, a copy of that,
// or for a new entry of key if i is none. Where nobody reads without a lock the
// next version takes the place of slot i.
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

// publish makes known what slot j holds now, for a key with hash h, instead of slot i if that is not
// none. At is the cell of slot i, or nil if it is not known. Nobody may write to
// slot j any more.
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

// succeed makes slot j stand for slot i wherever only the writer refers to that, but
// for the order, and retires slot i. The deadline of slot i was before.
func (t *Table[K, V]) succeed(i, j uint32, before int64) {
	if i != none && i != j {
		t.inherit(i, j)
		t.slots.retire(i)
	}
	if t.slots.at(j).deadline != before { // so its place needs no look
		t.schedule(j, before)
	}
}

func (t *Table[K, V]) inherit(i, j uint32) {
	m := *t.slots.meta.at(i)
	*t.slots.meta.at(j) = m
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
