package epoch

// A Limbo holds what a writer has made unreachable and readers may still look at. It
// is not safe for concurrent use: the writer's lock guards it. Several limbos may
// share a domain.
type Limbo struct {
	domain *Domain

	retired []uint32 // since they were retired, no counters have been seen to be zero
	waiting []uint32 // those of parity seen have been
	seen    uint32
}

// NewLimbo returns an empty limbo of things that readers of d can reach.
func NewLimbo(d *Domain) Limbo { return Limbo{domain: d} }

// Retire adds x, which no reader that enters from now on can reach.
func (l *Limbo) Retire(x uint32) {
	if l.retired == nil {
		l.retired = make([]uint32, 0, usual)
	}
	l.retired = append(l.retired, x)
}

// usual is how many items a limbo has room for without growing.
const usual = 128

// Len returns how many items wait to be reclaimed.
func (l *Limbo) Len() int { return len(l.retired) + len(l.waiting) }

// Each calls fn for each item that waits to be reclaimed.
func (l *Limbo) Each(fn func(x uint32)) {
	for _, items := range [][]uint32{l.retired, l.waiting} {
		for _, x := range items {
			fn(x)
		}
	}
}

// Reclaim calls free with the items that no reader can look at any more, which free
// must not keep. It waits for no reader: what one may still look at is left for a
// later call.
func (l *Limbo) Reclaim(free func(items []uint32)) {
	for p := (pass{}); l.Len() > 0 && l.step(&p, free); {
	}
}

// A pass is one Reclaim. In two rounds, which see the counters of both parities to be
// zero, all that is retired can be reclaimed.
type pass struct{ round, steps int }

// step takes the next access to what readers write or read, and does what follows
// from it. It returns false when the pass has ended.
func (l *Limbo) step(p *pass, free func(items []uint32)) bool {
	d, parity := l.domain, 1-l.seen
	if p.steps == 0 {
		if d.parity.Load() == parity {
			d.parity.Store(1 - parity) // so that its readers become fewer
		}
	} else if d.stripes[p.steps-1].readers[parity].Load() != 0 {
		return false
	}
	if p.steps++; p.steps <= len(d.stripes) {
		return true
	}
	free(l.waiting)
	l.retired, l.waiting, l.seen = l.empty(), l.retired, parity
	p.round, p.steps = p.round+1, 0
	return p.round < 2 && len(l.waiting) > 0
}

// empty returns the memory of waiting, unless one large write needed more than
// others do.
func (l *Limbo) empty() []uint32 {
	if cap(l.waiting) > 8*usual {
		return nil
	}
	return l.waiting[:0]
}
