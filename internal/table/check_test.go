package table

import (
	"math/bits"
	"reflect"
	"testing"

	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// check fails tb unless every invariant of the structure holds.
func (t *Table[K, V]) check(tb testing.TB) {
	tb.Helper()
	t.index.check(tb, t.slots.n, func(i uint32) uint32 { return t.slots.at(i).hash })
	t.checkSlots(tb)
	t.checkOrder(tb)
	t.checkHeap(tb)
	t.checkBound(tb)
	t.slots.check(tb, "slots")
	t.marks.check(tb, "marks")
	t.heap.check(tb, "heap")
}

// check: the index holds each of the slots 0 to n-1 once, where a search finds it.
func (x *index) check(tb testing.TB, n uint32, hash func(slot uint32) uint32) {
	tb.Helper()
	size := uint32(len(x.buckets))
	mask := uint32(1)<<bits.Len32(size-1) - 1
	switch {
	case x.mask != mask:
		tb.Fatalf("index: mask is %#x for %d buckets, want %#x", x.mask, size, mask)
	case x.n != int(n):
		tb.Fatalf("index: n is %d, want %d", x.n, n)
	case x.n > len(x.buckets)*bucketMean || size > 1 && x.n < (len(x.buckets)-1)*bucketMean/2:
		tb.Fatalf("index: %d buckets for %d entries", size, n)
	}
	seen := make([]bool, n)
	for a := range size {
		x.buckets[a].check(tb)
		for _, c := range x.buckets[a].cells {
			if c == 0 {
				continue
			}
			i := cellSlot(c)
			switch {
			case i >= n:
				tb.Fatalf("index: slot %d of %d in bucket %d", i, n, a)
			case seen[i]:
				tb.Fatalf("index: slot %d is there twice", i)
			case hash(i) != cellHash(c):
				tb.Fatalf("index: slot %d has hash %#x, its cell %#x", i, hash(i), cellHash(c))
			case wanted(cellHash(c), size) != a:
				tb.Fatalf("index: hash %#x lies in bucket %d of %d", cellHash(c), a, size)
			}
			seen[i] = true
		}
	}
	for i, ok := range seen {
		if !ok {
			tb.Fatalf("index: slot %d is missing", i)
		}
	}
}

// wanted is the bucket of hash h, by the definition of linear hashing.
func wanted(h, size uint32) uint32 {
	level := uint32(1)
	for level < size {
		level *= 2
	}
	if a := h % level; a < size {
		return a
	}
	return h % (level / 2)
}

func (b *bucket) check(tb testing.TB) {
	tb.Helper()
	size := uint32(len(b.cells))
	if size < minCells || size&(size-1) != 0 || uint64(size)<<b.shift != 1<<32 {
		tb.Fatalf("bucket: %d cells with shift %d", size, b.shift)
	}
	used := uint32(0)
	for p, c := range b.cells {
		if c == 0 {
			continue
		}
		used++
		for q := cellHash(c) >> b.shift; q != uint32(p); q = (q + 1) % size {
			if b.cells[q] == 0 {
				tb.Fatalf("bucket: cell %d is empty between the home and the place %d of %#x", q, p, c)
			}
		}
	}
	if b.used != used {
		tb.Fatalf("bucket: used is %d, want %d", b.used, used)
	}
	if used > size/8*7 || size > minCells && used < size/8 {
		tb.Fatalf("bucket: %d cells for %d entries", size, used)
	}
}

// checkSlots: each slot is found by its key, so no key is there twice.
func (t *Table[K, V]) checkSlots(tb testing.TB) {
	tb.Helper()
	for i := range t.slots.n {
		s := t.slots.at(i)
		if found := t.find(s.hash, s.key); found != i {
			tb.Fatalf("slots: the key %v of slot %d is found in %d", s.key, i, found)
		}
		if s.deadline == timeline.Never && s.life() != 0 {
			tb.Fatalf("slots: slot %d never expires but has TTL %d", i, s.ttl)
		}
	}
}

// checkOrder: the list holds every slot once and its times never decrease.
func (t *Table[K, V]) checkOrder(tb testing.TB) {
	tb.Helper()
	n, prev := uint32(0), uint32(none)
	for i := t.head; i != none; i = t.links.at(i).next {
		s := t.slots.at(i)
		n++
		switch {
		case n > t.slots.n:
			tb.Fatalf("order: more than %d slots: a circle", t.slots.n)
		case t.links.at(i).prev != prev:
			tb.Fatalf("order: slot %d has prev %d, want %d", i, t.links.at(i).prev, prev)
		case prev != none && t.slots.at(prev).modified > s.modified:
			tb.Fatalf("order: slot %d before slot %d", prev, i)
		}
		prev = i
	}
	if t.tail != prev || n != t.slots.n {
		tb.Fatalf("order: tail %d, want %d; %d slots, want %d", t.tail, prev, n, t.slots.n)
	}
	if prev != none && t.slots.at(prev).modified > t.last {
		tb.Fatalf("order: modified at %d, after the last time %d", t.slots.at(prev).modified, t.last)
	}
	for name, i := range map[string]uint32{"hand": t.hand, "merged": t.mergeHint} {
		if i != none && i >= t.slots.n {
			tb.Fatalf("order: %s is %d of %d", name, i, t.slots.n)
		}
	}
}

// checkHeap: the heap holds exactly the slots that expire, the earliest on top.
func (t *Table[K, V]) checkHeap(tb testing.TB) {
	tb.Helper()
	for p := range t.heap.n {
		d := *t.heap.at(p)
		switch {
		case d.slot >= t.slots.n:
			tb.Fatalf("heap: slot %d of %d", d.slot, t.slots.n)
		case t.slots.at(d.slot).heap != p:
			tb.Fatalf("heap: slot %d at %d says %d", d.slot, p, t.slots.at(d.slot).heap)
		case d.deadline > t.slots.at(d.slot).deadline:
			tb.Fatalf("heap: slot %d is due at %d, after its deadline %d", d.slot, d.deadline, t.slots.at(d.slot).deadline)
		case p > 0 && t.heap.at((p-1)/4).deadline > d.deadline:
			tb.Fatalf("heap: item %d is before its parent", p)
		}
	}
	expiring := uint32(0)
	for i := range t.slots.n {
		s := t.slots.at(i)
		if expires := s.deadline != timeline.Never; expires != (s.heap != none) {
			tb.Fatalf("heap: slot %d has deadline %d and place %d", i, s.deadline, s.heap)
		} else if expires {
			expiring++
		}
	}
	if t.heap.n != expiring {
		tb.Fatalf("heap: %d items, want %d", t.heap.n, expiring)
	}
}

func (t *Table[K, V]) checkBound(tb testing.TB) {
	tb.Helper()
	limit := t.config.MaxEntries
	switch {
	case limit == 0 && (t.marks.n != 0 || t.marks.chunks != nil):
		tb.Fatalf("bound: %d marks without a bound", t.marks.n)
	case limit > 0 && t.marks.n != t.slots.n:
		tb.Fatalf("bound: %d marks for %d slots", t.marks.n, t.slots.n)
	case limit > 0 && t.Len() > limit:
		tb.Fatalf("bound: %d entries, over %d", t.Len(), limit)
	}
}

// check: enough chunks, at most one whole chunk to spare, and nothing left behind.
func (c *chunked[T]) check(tb testing.TB, name string) {
	tb.Helper()
	have, chunkLen := uint32(len(c.chunks)), c.mask+1
	if have*chunkLen < c.n || have > c.n/chunkLen+2 {
		tb.Fatalf("%s: %d chunks for %d elements", name, have, c.n)
	}
	if room := cap(c.chunks); room >= 64 && len(c.chunks) < room/4 {
		tb.Fatalf("%s: room for %d chunks, used by %d", name, room, have)
	}
	for i := c.n; i < have*chunkLen; i++ {
		if !reflect.ValueOf(c.at(i)).Elem().IsZero() {
			tb.Fatalf("%s: element %d was dropped but not cleared", name, i)
		}
	}
}
