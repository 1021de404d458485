package epoch

import (
	"fmt"
	"strings"
)

// Every interleaving of a writer and two readers, in the order of their accesses
// to shared state. The writer replaces the slot to which a cell refers by another,
// retires it, and frees it with the steps of Limbo; a reader enters, loads the cell
// and reads the slot. A slot that is freed holds poison from then on, so a reader
// that could read it in time could also have read it a step too late.

const (
	mostSlots  = 3
	twoReaders = 2
	twoStripes = 2
	twoReads   = 2
	poison     = 255
)

// A state is all that a step depends on.
type state struct {
	parity   uint8
	counters [twoStripes][2]int8
	cell     uint8 // the slot that readers find
	contents [mostSlots]uint8
	readers  [twoReaders]readerState
	writer   writerState
}

type readerState struct {
	pc             uint8
	reads          uint8 // that have ended
	stripe, parity uint8 // of the counter that it enters
	slot           uint8
	expected       uint8 // contents of slot when the cell referred to it
}

type writerState struct {
	pc                     uint8
	writes                 uint8
	pass                   passState
	vacant, retired, waits uint8 // sets of slots
	seen                   uint8 // the parity for which those that wait do not
}

type passState struct{ round, steps uint8 }

// A move is one step of one goroutine, in each way in which it can be taken.
type move struct {
	label string
	next  state
}

// A design is what is explored: the package's, or one with a fault.
type design struct {
	slots, writes uint8
	reader        []readerStep
	begin         func(l *Limbo)                // before a pass
	step          func(l *Limbo, p *pass) *pass // before each step of one
	keepPass      bool                          // a pass that readers have ended goes on where it was
	isShared      bool                          // another limbo of the domain may flip the parity at any time
}

// A readerStep is one access of a reader to shared state. It reports what is wrong
// with what the reader has seen, if anything.
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

// The steps of Enter, a look-up and Leave.
var readerSteps = []readerStep{loadParity, enter, loadCell, readSlot, leave}

// An explorer visits every state that a design can get into.
type explorer struct {
	design
	domain *Domain
	limbo  Limbo
	seen   map[state]step // how each state was first reached
	todo   []state
	fault  string
	at     state
	idle   int // states in which all have ended
}

type step struct {
	from  state
	label string
}

func explore(d design) *explorer {
	e := &explorer{design: d, domain: &Domain{stripes: make([]stripe, twoStripes)}, seen: map[state]step{}}
	first := state{contents: [mostSlots]uint8{0, poison, poison}} // slot 0 is in the cell
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
			e.idle++
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
