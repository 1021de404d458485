package table

import (
	"testing"

	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// check fails tb unless every invariant of the structure holds.
func (t *Table[K, V]) check(tb testing.TB) {
	tb.Helper()
	t.index.check(tb, t.slots.live, func(i uint32) (uint32, bool) {
		if !t.slots.isLive(i) {
			return 0, false
		}
		return t.slots.meta.at(i).hash, true
	})
	t.checkView(tb)
	t.slots.check(tb)
	t.checkSlots(tb)
	t.checkOrder(tb)
	t.checkHeap(tb)
	t.checkCapacity(tb)
	t.checkWeights(tb)
	t.slots.meta.check(tb, "meta")
	t.slots.links.check(tb, "links")
	t.heap.check(tb, "heap")
}

// checkView checks that readers reach the current directory and slots.
func (t *Table[K, V]) checkView(tb testing.TB) {
	tb.Helper()
	switch v := t.view.Load(); {
	case v == nil:
		tb.Fatal("view: hidden although no batch is being stored")
	case &v.directory[0] != &t.index.directory[0] || len(v.directory) != len(t.index.directory):
		tb.Fatal("view: not the current directory")
	case v.slots != t.slots.published || v.marks != t.slots.marks:
		tb.Fatal("view: not the current slots")
	}
}

// checkSlots checks that each live slot is found by its key, so that no key has two.
func (t *Table[K, V]) checkSlots(tb testing.TB) {
	tb.Helper()
	for i := range t.slots.meta.n {
		if !t.slots.isLive(i) {
			continue
		}
		s := t.slots.at(i)
		if found := t.find(t.slots.meta.at(i).hash, s.key); found != i {
			tb.Fatalf("slots: the key %v of slot %d is found in slot %d", s.key, i, found)
		}
		if s.deadline == timeline.Never && s.ttl() != 0 {
			tb.Fatalf("slots: slot %d never expires but has TTL %d", i, s.ttl())
		}
	}
}

// checkOrder checks that the list holds every live slot once and that its times never
// decrease.
func (t *Table[K, V]) checkOrder(tb testing.TB) {
	tb.Helper()
	n, prev := uint32(0), uint32(none)
	for i := t.head; i != none; i = t.slots.links.at(i).next {
		s := t.slots.at(i)
		n++
		switch {
		case n > t.slots.live:
			tb.Fatalf("order: more than %d slots: the list has a cycle", t.slots.live)
		case t.slots.links.at(i).prev != prev:
			tb.Fatalf("order: slot %d has prev %d, want %d", i, t.slots.links.at(i).prev, prev)
		case prev != none && t.slots.at(prev).modified > s.modified:
			tb.Fatalf("order: slot %d comes before slot %d, but is newer", prev, i)
		}
		prev = i
	}
	if t.tail != prev || n != t.slots.live {
		tb.Fatalf("order: tail %d, want %d; %d slots, want %d", t.tail, prev, n, t.slots.live)
	}
	if prev != none && t.slots.at(prev).modified > t.last {
		tb.Fatalf("order: modified at %d, after the last time %d", t.slots.at(prev).modified, t.last)
	}
	for name, i := range map[string]uint32{"hand": t.hand, "mergeHint": t.mergeHint} {
		if i != none && !t.slots.isLive(i) {
			tb.Fatalf("order: %s is slot %d, which is not live", name, i)
		}
	}
}

// checkHeap checks that the heap holds exactly the slots that expire, the earliest at
// the top.
func (t *Table[K, V]) checkHeap(tb testing.TB) {
	tb.Helper()
	for p := range t.heap.n {
		d := *t.heap.at(p)
		switch {
		case !t.slots.isLive(d.slot):
			tb.Fatalf("heap: slot %d is not live", d.slot)
		case t.slots.meta.at(d.slot).heap != p:
			tb.Fatalf("heap: slot %d is at %d, but refers to %d", d.slot, p, t.slots.meta.at(d.slot).heap)
		case d.deadline > t.slots.at(d.slot).deadline:
			tb.Fatalf("heap: slot %d is due at %d, after its deadline %d", d.slot, d.deadline, t.slots.at(d.slot).deadline)
		case p > 0 && t.heap.at((p-1)/4).deadline > d.deadline:
			tb.Fatalf("heap: item %d is due before its parent", p)
		case p > 0 && t.precedes(d, *t.heap.at((p - 1) / 4)):
			tb.Fatalf("heap: item %d precedes its parent", p)
		}
	}
	expiring := uint32(0)
	for i := range t.slots.meta.n {
		if !t.slots.isLive(i) {
			continue
		}
		s, position := t.slots.at(i), t.slots.meta.at(i).heap
		if expires := s.deadline != timeline.Never; expires != (position != none) {
			tb.Fatalf("heap: slot %d has deadline %d and heap position %d", i, s.deadline, position)
		} else if expires {
			expiring++
		}
	}
	if t.heap.n != expiring {
		tb.Fatalf("heap: %d items, want %d", t.heap.n, expiring)
	}
}

func (t *Table[K, V]) checkCapacity(tb testing.TB) {
	tb.Helper()
	limit := t.config.MaxEntries
	switch {
	case (t.isBounded() && !t.config.Deterministic) != (t.slots.marks != nil):
		tb.Fatalf("capacity: a capacity of %d, but marks: %v", limit, t.slots.marks != nil)
	case limit > 0 && t.Len() > limit:
		tb.Fatalf("capacity: %d entries, more than %d", t.Len(), limit)
	}
}

// checkWeights checks that the total is that of the live slots and within the limit.
func (t *Table[K, V]) checkWeights(tb testing.TB) {
	tb.Helper()
	if !t.isWeighed() {
		must(tb, "weights of a table without MaxWeight", t.weights.total, 0)
		return
	}
	sum := uint64(0)
	for i := range t.slots.meta.n {
		if t.slots.isLive(i) {
			sum += t.weightOf(i)
		}
	}
	must(tb, "total weight", t.weights.total, sum)
	if sum > t.weights.max {
		tb.Fatalf("capacity: a weight of %d, more than %d", sum, t.weights.max)
	}
	must(tb, "number of weights", t.slots.weights.n, t.slots.meta.n)
	t.slots.weights.check(tb, "weights")
}
