package epoch

// A Limbo holds what the writer has made unreachable and readers may still look
// at. It is not safe for concurrent use: the writer's lock guards it.
type Limbo struct {
	domain *Domain

	// Since an item was retired, the parity has not been flipped (retired), or has
	// been flipped once (waiting), before which the counters of the other parity
	// were zero.
	retired, waiting []uint32
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

// Reclaim calls free for each item that no reader can look at any more. It waits
// for no reader: what one may still look at is left for a later call.
func (l *Limbo) Reclaim(free func(x uint32)) {
	for p := (pass{}); l.Len() > 0 && l.step(&p, free); {
	}
}

// A pass is one Reclaim. In two rounds, which see the counters of both parities,
// all that is retired can be reclaimed.
type pass struct{ round, stripe int }

// step does what Reclaim does up to its next access to what readers write or
// read. It returns false when the pass has ended.
func (l *Limbo) step(p *pass, free func(x uint32)) bool {
	d := l.domain
	parity := d.parity.Load() & 1
	if p.stripe < len(d.stripes) {
		isQuiet := d.stripes[p.stripe].readers[1-parity].Load() == 0
		p.stripe++
		return isQuiet
	}
	for _, x := range l.waiting {
		free(x)
	}
	l.retired, l.waiting = l.empty(), l.retired
	if len(l.waiting) == 0 {
		return false
	}
	d.parity.Store(1 - parity)
	p.stripe = 0
	p.round++
	return p.round < 2
}

// empty returns the memory of waiting, unless one large write needed more than
// others do.
func (l *Limbo) empty() []uint32 {
	if cap(l.waiting) > 8*usual {
		return nil
	}
	return l.waiting[:0]
}
