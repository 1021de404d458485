package table

import "github.com/lastmodstore/lastmodstore/internal/timeline"

// A Restored is what an Image becomes in a table, with everything that depends on the
// table's hashes. It is made apart from the table, since that takes long.
type Restored[K comparable, V any] struct {
	table  Table[K, V]
	merges int64
}

// Restore replaces everything in t, which is deterministic, with the contents of m, which
// is the image of a table with the same settings. It queues no removals. For hash and
// the time that it takes, see Prepare.
func (t *Table[K, V]) Restore(m Image[K, V], hash func(key K) uint32) {
	t.Adopt(t.Prepare(m, hash))
}

// Prepare prepares Restore, and Adopt completes it. Prepare may run concurrently with any
// use of t. The function hash returns the hashes with which t is used.
func (t *Table[K, V]) Prepare(m Image[K, V], hash func(key K) uint32) *Restored[K, V] {
	r := &Restored[K, V]{merges: m.Merges}
	r.table.Init(t.line, t.config, t.readers)
	r.table.compareKeys = t.compareKeys
	r.table.restore(m, hash)
	return r
}

// Adopt makes the contents of r, which must not be used any more, those of t. Readers
// without a lock see the earlier contents or the new ones as a whole. Slots that were
// retired are never reused. Cursors into the earlier contents remain positions in time.
func (t *Table[K, V]) Adopt(r *Restored[K, V]) {
	by := &r.table
	by.slots.poison = t.slots.poison
	t.index, t.slots, t.heap = by.index, by.slots, by.heap
	t.head, t.tail, t.hand, t.mergeHint, t.last = by.head, by.tail, none, none, by.last
	t.log.records, t.log.newest, t.log.horizon = by.log.records, by.log.newest, by.log.horizon
	t.expired = by.expired
	t.line.RestoreMerges(r.merges)
	t.publishView()
}

func (t *Table[K, V]) restore(m Image[K, V], hash func(key K) uint32) {
	t.last = m.Last
	for i := range m.Entries {
		t.restoreEntry(&m.Entries[i], hash)
	}
	t.heapify()
	t.log.reset(m.Horizon)
	for i := range m.Removals {
		r := &m.Removals[i]
		t.log.add(record[K, V]{change[K, V]{r.At, r.Kind, r.Key, r.Value, r.times()}, hash(r.Key)})
	}
	for _, x := range m.Expired {
		t.expired.add(x.Key, x.Modified)
	}
}

// restoreEntry adds e as the latest entry. Its item is in the heap, but not in order.
func (t *Table[K, V]) restoreEntry(e *ImageEntry[K, V], hash func(key K) uint32) {
	h := hash(e.Key)
	i := t.slots.take()
	*t.slots.at(i) = slot[K, V]{e.Key, e.Value, e.times()}
	*t.slots.meta.at(i) = meta{none, h}
	t.index.insert(h, i)
	t.linkLast(i)
	if e.Deadline != timeline.Never {
		t.heapWrite(t.heap.push(), heapItem{e.Deadline, i})
	}
}

// heapify puts the items of the heap in order.
func (t *Table[K, V]) heapify() {
	for p := int(t.heap.n+arity-2)/arity - 1; p >= 0; p-- { // from the last parent
		t.heapSink(uint32(p), *t.heap.at(uint32(p)))
	}
}
