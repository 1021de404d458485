package epoch

import (
	"fmt"
	"strings"
)

// The types in this file explore every interleaving of a writer and two readers, by
// their accesses to shared state. The writer replaces the slot to which a cell refers
// with another one, retires the old slot, and frees it with the steps of Limbo; a
// reader enters, loads the cell and reads the slot. A freed slot holds poison, so that
// some interleaving detects every slot that is freed too early.

const (
	mostSlots  = 3
	twoReaders = 2
	twoStripes = 2
	twoReads   = 2
	poison     = 255
)

// A state is everything that a step depends on.
type state struct {
	parity   uint8
	counters [twoStripes][2]int8
	cell     uint8 // index of the slot that readers find
	contents [mostSlots]uint8
	readers  [twoReaders]readerState
	writer   writerState
}

type readerState struct {
	pc             uint8
	reads          uint8 // completed
	stripe, parity uint8 // of the counter that it increments
	slot           uint8
	expected       uint8 // contents of slot when the cell referred to it
}

type writerState struct {
	pc                     uint8
	writes                 uint8
	pass                   passState
	vacant, retired, waits uint8 // sets of slots
	seen                   uint8 // as in Limbo
}

type passState struct{ round, steps uint8 }

// A move is one possible step of one goroutine.
type move struct {
	label string
	next  state
}

// A design is what is explored: that of the package, or one with a fault.
type design struct {
	slots, writes uint8
	reader        []readerStep
	begin         func(l *Limbo)                // called before a pass
	step          func(l *Limbo, p *pass) *pass // called before each step of a pass
	keepPass      bool                          // a pass that a reader has stopped continues where it was
	isShared      bool                          // another limbo of the domain may flip the parity at any time
}

// A readerStep is one access of a reader to shared state. It returns a description of
// what is wrong with what the reader has seen, or "".
type readerStep struct {
	name string
	do   func(s *state, r *readerState) (fault string)
}

var (
	loadParity = readerStep{"loads the parity", func(s *state, r *readerState) string {
		r.parity = s.parity
		return ""
	}}
	enter = readerStep{"enters", func(s *state, r *readerState) string {
		s.counters[r.stripe][r.parity]++
		return ""
	}}
	loadCell = readerStep{"loads the cell", func(s *state, r *readerState) string {
		r.slot, r.expected = s.cell, s.contents[s.cell]
		return ""
	}}
	readSlot = readerStep{"reads the slot", func(s *state, r *readerState) string {
		if got := s.contents[r.slot]; got != r.expected {
			return fmt.Sprintf("slot %d held %d when the cell referred to it, and holds %d", r.slot, r.expected, got)
		}
		return ""
	}}
	leave = readerStep{"leaves", func(s *state, r *readerState) string {
		s.counters[r.stripe][r.parity]--
		return ""
	}}
)

// readerSteps are the steps of Enter, a lookup and Leave.
var readerSteps = []readerStep{loadParity, enter, loadCell, readSlot, leave}

// An explorer visits every reachable state of a design.
type explorer struct {
	design
	domain *Domain
	limbo  Limbo
	seen   map[state]step // how each state was first reached
	todo   []state
	fault  string
	at     state // being explored
	final  int   // number of states in which all goroutines have ended
}

type step struct {
	from  state
	label string
}

func explore(d design) *explorer {
	e := &explorer{design: d, domain: &Domain{stripes: make([]stripe, twoStripes)}, seen: map[state]step{}}
	first := state{contents: [mostSlots]uint8{0, poison, poison}} // the cell refers to slot 0
	first.writer.vacant = 1<<d.slots - 2
	e.reach(first, step{})
	for len(e.todo) > 0 && e.fault == "" {
		s := e.todo[len(e.todo)-1]
		e.todo = e.todo[:len(e.todo)-1]
		e.at = s
		moves := e.writerMoves(s)
		for id := range s.readers {
			moves = append(moves, e.readerMoves(s, id)...)
		}
		if len(moves) == 0 {
			e.final++
		}
		if e.isShared {
			s.parity = 1 - s.parity
			moves = append(moves, move{"another limbo flips the parity", s})
		}
		for _, m := range moves {
			e.reach(m.next, step{e.at, m.label})
		}
	}
	return e
}

// reach adds s to the states to explore, unless it was reached before.
func (e *explorer) reach(s state, by step) {
	if _, isKnown := e.seen[s]; !isKnown {
		e.seen[s] = by
		e.todo = append(e.todo, s)
	}
}

// path lists the steps that lead to the state being explored.
func (e *explorer) path() string {
	var labels []string
	for by := e.seen[e.at]; by.label != ""; by = e.seen[by.from] {
		labels = append([]string{by.label}, labels...)
	}
	return strings.Join(labels, "\n")
}
