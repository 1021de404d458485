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
	t.checkBound(tb)
	t.slots.meta.check(tb, "meta")
	t.slots.links.check(tb, "links")
	t.heap.check(tb, "heap")
}

// check: the index holds each of the n live slots once, where a search finds it.
func (x *index) check(tb testing.TB, n uint32, hash func(slot uint32) (h uint32, isLive bool)) {
	tb.Helper()
	room := uint32(1) << bits.Len32(x.size-1)
	switch {
	case len(x.directory) != int(room):
		tb.Fatalf("index: directory of %d for %d buckets, want %d", len(x.directory), x.size, room)
	case x.n != int(n):
		tb.Fatalf("index: n is %d, want %d", x.n, n)
	case x.n > int(x.size)*bucketMean || x.size > 1 && x.n < int(x.size-1)*bucketMean/2:
		tb.Fatalf("index: %d buckets for %d entries", x.size, n)
	}
	for a := range room {
		if home := wanted(a, x.size); x.directory[a].Load() != x.directory[home].Load() {
			tb.Fatalf("index: entry %d of the directory is not bucket %d", a, home)
		}
	}
	seen := map[uint32]bool{}
	for a := range x.size {
		b := x.directory[a].Load()
		b.check(tb)
		for _, c := range b.cells {
			if c == 0 {
				continue
			}
			i := cellSlot(c)
			h, isLive := hash(i)
			switch {
			case !isLive:
				tb.Fatalf("index: slot %d in bucket %d is not live", i, a)
			case seen[i]:
				tb.Fatalf("index: slot %d is there twice", i)
			case h != cellHash(c):
				tb.Fatalf("index: slot %d has hash %#x, its cell %#x", i, h, cellHash(c))
			case wanted(cellHash(c), x.size) != a:
				tb.Fatalf("index: hash %#x is in bucket %d of %d", cellHash(c), a, x.size)
			}
			seen[i] = true
		}
	}
	if len(seen) != int(n) {
		tb.Fatalf("index: holds %d slots, want %d", len(seen), n)
	}
}

// checkView: readers reach the present directory and slots.
func (t *Table[K, V]) checkView(tb testing.TB) {
	tb.Helper()
	switch v := t.view.Load(); {
	case v == nil:
		tb.Fatal("view: hidden though no batch is being stored")
	case &v.directory[0] != &t.index.directory[0] || len(v.directory) != len(t.index.directory):
		tb.Fatal("view: another directory")
	case v.slots != t.slots.published || v.marks != t.slots.marks:
		tb.Fatal("view: other slots")
	}
}

// check: each slot is exactly one of live, retired and vacant, the counts are
// right, and memory follows the number of live ones.
func (s *slots[K, V]) check(tb testing.TB) {
	tb.Helper()
	live, isRetired, isVacant := uint32(0), map[uint32]bool{}, map[uint32]bool{}
	s.limbo.Each(func(i uint32) {
		if i >= s.meta.n || isRetired[i] || s.links.at(i).prev != retired {
			tb.Fatalf("slots: %d is in limbo, but is not retired, or twice", i)
		}
		isRetired[i] = true
	})
	for _, i := range s.spare {
		if i >= s.meta.n || isRetired[i] || s.links.at(i).prev != retired {
			tb.Fatalf("slots: %d is spare, but is not retired, or twice", i)
		}
		isRetired[i] = true
	}
	for _, list := range []uint32{s.low, s.high} {
		prev := uint32(none)
		for i := list; i != none; prev, i = i, s.links.at(i).next {
			if isVacant[i] || s.meta.at(i).heap != vacant || s.links.at(i).prev != prev {
				tb.Fatalf("slots: %d is in a list, but is not vacant, or twice", i)
			}
			isVacant[i] = true
		}
	}
	for i := range s.meta.n {
		switch isLive := s.isLive(i); {
		case isLive && i >= s.top:
			tb.Fatalf("slots: %d is live, after the top %d", i, s.top)
		case isLive:
			live++
		case isRetired[i] == isVacant[i]:
			tb.Fatalf("slots: %d is not live; retired %v, vacant %v", i, isRetired[i], isVacant[i])
		case isVacant[i] && s.poison == nil && !reflect.ValueOf(s.at(i)).Elem().IsZero():
			tb.Fatalf("slots: %d is vacant but not cleared", i)
		}
	}
	switch {
	case live != s.live || len(isVacant) != int(s.vacant):
		tb.Fatalf("slots: %d live and %d vacant, counted as %d and %d", live, len(isVacant), s.live, s.vacant)
	case !s.shared && (len(isRetired) > 0 || s.vacant > 0):
		tb.Fatalf("slots: %d retired and %d vacant, though nobody reads without a lock", len(isRetired), s.vacant)
	}
	checkChunks(tb, s.published, s.meta.n, "slots")
	if s.marks != nil {
		checkChunks(tb, s.marks, s.meta.n, "marks")
	}
}

// checkChunks: enough chunks for n elements, and at most one to spare.
func checkChunks[T any](tb testing.TB, p *published[T], n uint32, name string) {
	tb.Helper()
	chunks, have := *p.chunks.Load(), 0
	for c := range chunks {
		if chunks[c] != nil {
			have++
			if have != c+1 {
				tb.Fatalf("%s: no chunk before chunk %d", name, c)
			}
		}
	}
	if size := int(p.mask) + 1; have*size < int(n) || have > int(n)/size+2 {
		tb.Fatalf("%s: %d chunks for %d elements", name, have, n)
	}
	if len(chunks) >= 128 && len(chunks) > 5*(have+2) {
		tb.Fatalf("%s: room for %d chunks, used by %d", name, len(chunks), have)
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
	for i := range t.slots.meta.n {
		if !t.slots.isLive(i) {
			continue
		}
		s := t.slots.at(i)
		if found := t.find(t.slots.meta.at(i).hash, s.key); found != i {
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
	for i := t.head; i != none; i = t.slots.links.at(i).next {
		s := t.slots.at(i)
		n++
		switch {
		case n > t.slots.live:
			tb.Fatalf("order: more than %d slots: a circle", t.slots.live)
		case t.slots.links.at(i).prev != prev:
			tb.Fatalf("order: slot %d has prev %d, want %d", i, t.slots.links.at(i).prev, prev)
		case prev != none && t.slots.at(prev).modified > s.modified:
			tb.Fatalf("order: slot %d before slot %d", prev, i)
		}
		prev = i
	}
	if t.tail != prev || n != t.slots.live {
		tb.Fatalf("order: tail %d, want %d; %d slots, want %d", t.tail, prev, n, t.slots.live)
	}
	if prev != none && t.slots.at(prev).modified > t.last {
		tb.Fatalf("order: modified at %d, after the last time %d", t.slots.at(prev).modified, t.last)
	}
	for name, i := range map[string]uint32{"hand": t.hand, "merged": t.mergeHint} {
		if i != none && !t.slots.isLive(i) {
			tb.Fatalf("order: %s is slot %d, which is not live", name, i)
		}
	}
}

// checkHeap: the heap holds exactly the slots that expire, the earliest on top.
func (t *Table[K, V]) checkHeap(tb testing.TB) {
	tb.Helper()
	for p := range t.heap.n {
		d := *t.heap.at(p)
		switch {
		case !t.slots.isLive(d.slot):
			tb.Fatalf("heap: slot %d is not live", d.slot)
		case t.slots.meta.at(d.slot).heap != p:
			tb.Fatalf("heap: slot %d at %d says %d", d.slot, p, t.slots.meta.at(d.slot).heap)
		case d.deadline > t.slots.at(d.slot).deadline:
			tb.Fatalf("heap: slot %d is due at %d, after its deadline %d", d.slot, d.deadline, t.slots.at(d.slot).deadline)
		case p > 0 && t.heap.at((p-1)/4).deadline > d.deadline:
			tb.Fatalf("heap: item %d is before its parent", p)
		}
	}
	expiring := uint32(0)
	for i := range t.slots.meta.n {
		if !t.slots.isLive(i) {
			continue
		}
		s, place := t.slots.at(i), t.slots.meta.at(i).heap
		if expires := s.deadline != timeline.Never; expires != (place != none) {
			tb.Fatalf("heap: slot %d has deadline %d and place %d", i, s.deadline, place)
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
	case (limit > 0) != (t.slots.marks != nil):
		tb.Fatalf("bound: a capacity of %d, marks: %v", limit, t.slots.marks != nil)
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
