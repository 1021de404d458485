package main

import "math/bits"

// What a policy remembers of keys that it does not hold.

// ghosts remembers the keys that were added last.
type ghosts struct {
	ring []uint32
	n    int            // how many were added
	last map[uint32]int // when each was added last, counted by n
}

func newGhosts(n int) *ghosts { return &ghosts{make([]uint32, max(1, n)), 0, map[uint32]int{}} }

func (g *ghosts) add(key uint32) {
	i := g.n % len(g.ring)
	if old := g.ring[i]; g.n >= len(g.ring) && g.last[old] == g.n-len(g.ring) {
		delete(g.last, old)
	}
	g.ring[i], g.last[key] = key, g.n
	g.n++
}

func (g *ghosts) has(key uint32) bool { _, ok := g.last[key]; return ok }

// A sketch estimates how often keys were added of late: a count-min sketch of four rows
// of four-bit counters that are halved from time to time, as in TinyLFU (Einziger et
// al., 2017).
type sketch struct {
	rows  [4][]uint8
	shift int
	added int
	limit int
}

func newSketch(capacity int) *sketch {
	width := bits.Len(uint(4*capacity - 1))
	s := &sketch{shift: 64 - width, limit: 10 * capacity}
	for i := range s.rows {
		s.rows[i] = make([]uint8, 1<<width)
	}
	return s
}

// factors are odd numbers with well mixed bits, two for each row.
var factors = [5]uint64{0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93, 0x9e3779b97f4a7c15}

func (s *sketch) cell(row int, key uint32) *uint8 {
	h := (uint64(key) + 1) * factors[row]
	h = (h ^ h>>32) * factors[row+1]
	return &s.rows[row][h>>s.shift]
}

func (s *sketch) add(key uint32) {
	for i := range s.rows {
		if c := s.cell(i, key); *c < 15 {
			*c++
		}
	}
	if s.added++; s.added >= s.limit {
		s.halve()
	}
}

func (s *sketch) halve() {
	s.added /= 2
	for _, row := range s.rows {
		for i := range row {
			row[i] /= 2
		}
	}
}

func (s *sketch) estimate(key uint32) uint8 {
	least := uint8(15)
	for i := range s.rows {
		least = min(least, *s.cell(i, key))
	}
	return least
}
