package epoch

// A Limbo holds the items that a writer has made unreachable but that readers may still
// use. It is not safe for concurrent use: the writer's lock guards it. Several limbos
// may share a domain.
type Limbo struct {
	domain *Domain

	retired []uint32 // since they were retired, no counters have been seen to be zero
	waiting []uint32 // since they were retired, the counters of parity seen have been zero
	seen    uint32
}

// NewLimbo returns an empty limbo for items that readers of d can reach.
func NewLimbo(d *Domain) Limbo { return Limbo{domain: d} }

// Retire adds x, which readers that enter from now on cannot reach.
func (l *Limbo) Retire(x uint32) {
	if l.retired == nil {
		l.retired = make([]uint32, 0, initialCap)
	}
	l.retired = append(l.retired, x)
}

// initialCap is the number of items that a limbo holds without growing.
const initialCap = 128

// Len returns the number of items that are not yet reclaimed.
func (l *Limbo) Len() int { return len(l.retired) + len(l.waiting) }

// Each calls fn for each item that is not yet reclaimed.
func (l *Limbo) Each(fn func(x uint32)) {
	for _, items := range [][]uint32{l.retired, l.waiting} {
		for _, x := range items {
			fn(x)
		}
	}
}

// Reclaim calls free with the items that no reader can use any more. The function free
// must not keep the slice. Reclaim does not wait for readers: items that one may still
// use are left for a later call.
func (l *Limbo) Reclaim(free func(items []uint32)) {
	for p := (pass{}); l.Len() > 0 && l.step(&p, free); {
	}
}

// A pass is one call of Reclaim. Two rounds, one for the counters of each parity, can
// reclaim everything that is retired.
type pass struct{ round, steps int }

// step performs the next access to what readers write or read, and acts on the result.
// It returns false when the pass has ended.
func (l *Limbo) step(p *pass, free func(items []uint32)) bool {
	d, parity := l.domain, 1-l.seen
	if p.steps == 0 {
		if d.parity.Load() == parity {
			d.parity.Store(1 - parity) // new readers use the other counter, so that this one can reach zero
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

// empty returns an empty slice for retired, which reuses the memory of waiting unless a
// large write has made it unusually large.
func (l *Limbo) empty() []uint32 {
	if cap(l.waiting) > 8*initialCap {
		return nil
	}
	return l.waiting[:0]
}
