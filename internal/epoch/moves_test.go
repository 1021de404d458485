package epoch

import "fmt"

// The steps of the writer.
const (
	fill    = iota // fill a vacant slot, which no reader can reach
	swap           // swap the slot in the cell
	reclaim        // perform a step of a pass
)

// readerMoves returns the next step of reader id, which may enter any stripe.
func (e *explorer) readerMoves(s state, id int) (moves []move) {
	r := &s.readers[id]
	if r.reads == twoReads {
		return nil
	}
	do := e.reader[r.pc]
	stripes := []uint8{r.stripe}
	if do.name == enter.name {
		stripes = []uint8{0, 1}
	}
	for _, stripe := range stripes {
		next := s
		r := &next.readers[id]
		r.stripe = stripe
		if fault := do.do(&next, r); fault != "" {
			e.fault = fmt.Sprintf("reader %d: %s", id, fault)
		}
		if r.pc++; int(r.pc) == len(e.reader) {
			*r = readerState{reads: r.reads + 1}
		}
		moves = append(moves, move{fmt.Sprintf("reader %d %s %d", id, do.name, stripe), next})
	}
	return moves
}

// writerMoves returns the next steps of the writer.
func (e *explorer) writerMoves(s state) []move {
	switch w := s.writer; w.pc {
	case fill:
		return e.fillMoves(s)
	case swap:
		return []move{e.swapMove(s)}
	default:
		return []move{e.reclaimMove(s)}
	}
}

// fillMoves returns the moves with which the writer begins something: it may write if a
// write is left and a slot is vacant, and reclaim if something is retired.
func (e *explorer) fillMoves(s state) (moves []move) {
	w := &s.writer
	for i := range e.slots {
		if w.writes < e.writes && w.vacant&(1<<i) != 0 {
			next := s
			next.contents[i] = w.writes + 1
			next.writer.pc = swap
			next.writer.vacant &^= 1 << i
			moves = append(moves, move{fmt.Sprintf("the writer fills slot %d", i), next})
		}
	}
	if w.retired|w.waits != 0 {
		next := s
		next.writer.pc = reclaim
		if !e.keepPass {
			next.writer.pass = passState{}
		}
		if e.begin != nil {
			e.load(&next)
			e.begin(&e.limbo)
			e.save(&next)
		}
		moves = append(moves, move{"the writer begins to reclaim", next})
	}
	return moves
}

// swapMove makes the cell refer to the filled slot and retires the old one.
func (e *explorer) swapMove(s state) move {
	old := s.cell
	s.writer.writes++
	for i := range e.slots {
		if s.contents[i] == s.writer.writes {
			s.cell = i
		}
	}
	e.load(&s)
	e.limbo.Retire(uint32(old))
	e.save(&s)
	s.writer.pc = fill
	return move{fmt.Sprintf("the writer replaces slot %d by slot %d", old, s.cell), s}
}

// reclaimMove performs a step of a pass with the code of the package.
func (e *explorer) reclaimMove(s state) move {
	e.load(&s)
	w := &s.writer
	p := &pass{int(w.pass.round), int(w.pass.steps)}
	if e.step != nil {
		p = e.step(&e.limbo, p)
	}
	label := fmt.Sprintf("the writer takes step %+v", *p)
	before := *p
	continues := e.limbo.Len() > 0 && e.limbo.step(p, func(items []uint32) {
		for _, x := range items {
			s.contents[x] = poison
			w.vacant |= 1 << x
		}
	})
	e.save(&s)
	switch isInterrupted := !continues && *p == before; {
	case continues:
		w.pass = passState{uint8(p.round), uint8(p.steps)}
	case isInterrupted && e.keepPass:
		w.pc = fill
	default:
		w.pc, w.pass = fill, passState{}
	}
	return move{label, s}
}

// load copies s to the data of the package.
func (e *explorer) load(s *state) {
	e.domain.parity.Store(uint32(s.parity))
	for i := range s.counters {
		for parity, n := range s.counters[i] {
			e.domain.stripes[i].readers[parity].Store(int32(n))
		}
	}
	e.limbo = Limbo{e.domain, members(s.writer.retired), members(s.writer.waits), uint32(s.writer.seen)}
}

// save copies what the writer changes back to s.
func (e *explorer) save(s *state) {
	s.parity = uint8(e.domain.parity.Load())
	s.writer.retired, s.writer.waits, s.writer.seen = set(e.limbo.retired), set(e.limbo.waiting), uint8(e.limbo.seen)
}

func members(set uint8) (items []uint32) {
	for x := range uint32(8) {
		if set&(1<<x) != 0 {
			items = append(items, x)
		}
	}
	return items
}

func set(items []uint32) (set uint8) {
	for _, x := range items {
		set |= 1 << x
	}
	return set
}
