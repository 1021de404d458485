package table

import (
	"reflect"
	"testing"
)

// check checks that each slot is exactly one of live, retired and vacant, that the
// counts are right, and that memory is in proportion to the number of live slots.
func (s *slots[K, V]) check(tb testing.TB) {
	tb.Helper()
	live, isRetired, isVacant := uint32(0), map[uint32]bool{}, map[uint32]bool{}
	s.limbo.Each(func(i uint32) {
		if i >= s.meta.n || isRetired[i] || s.links.at(i).prev != retired {
			tb.Fatalf("slots: %d is in limbo twice, or is not retired", i)
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
				tb.Fatalf("slots: %d is in a list of vacant slots twice, or is not vacant", i)
			}
			isVacant[i] = true
		}
	}
	for i := range s.meta.n {
		switch isLive := s.isLive(i); {
		case isLive && i >= s.top:
			tb.Fatalf("slots: %d is live, beyond the top %d", i, s.top)
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
		tb.Fatalf("slots: %d retired and %d vacant, although all readers take the lock", len(isRetired), s.vacant)
	}
	checkChunks(tb, s.published, s.meta.n, "slots")
	if s.marks != nil {
		checkChunks(tb, s.marks, s.meta.n, "marks")
	}
}

// checkChunks checks that there are enough chunks for n elements and at most one
// spare.
func checkChunks[T any](tb testing.TB, p *published[T], n uint32, name string) {
	tb.Helper()
	chunks, have := *p.chunks.Load(), 0
	for c := range chunks {
		if chunks[c] != nil {
			have++
			if have != c+1 {
				tb.Fatalf("%s: a chunk before chunk %d is missing", name, c)
			}
		}
	}
	if size := int(p.mask) + 1; have*size < int(n) || have > int(n)/size+2 {
		tb.Fatalf("%s: %d chunks for %d elements", name, have, n)
	}
	if len(chunks) >= 128 && len(chunks) > 5*(have+2) {
		tb.Fatalf("%s: capacity for %d chunks, but %d in use", name, len(chunks), have)
	}
}

// check checks that there are enough chunks, at most one spare, and that dropped
// elements are cleared.
func (c *chunked[T]) check(tb testing.TB, name string) {
	tb.Helper()
	have, chunkLen := uint32(len(c.chunks)), c.mask+1
	if have*chunkLen < c.n || have > c.n/chunkLen+2 {
		tb.Fatalf("%s: %d chunks for %d elements", name, have, c.n)
	}
	if room := cap(c.chunks); room >= 64 && len(c.chunks) < room/4 {
		tb.Fatalf("%s: capacity for %d chunks, but %d in use", name, room, have)
	}
	for i := c.n; i < have*chunkLen; i++ {
		if !reflect.ValueOf(c.at(i)).Elem().IsZero() {
			tb.Fatalf("%s: element %d was dropped but not cleared", name, i)
		}
	}
}
