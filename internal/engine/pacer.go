package engine

import "time"

// A Pacer says when a sweep rests. It does after a step for which somebody
// waited: who calls often would else get one turn between two steps, and fall
// behind. It also does after a stretch of work, for those whom the sweep keeps
// from a processor. A rest may last much longer than it was asked to; then the
// sweep works half as long before the next, so that all rests together make it
// last at most about three times as long.
type Pacer struct {
	woke   int64
	rested int64 // how long the last rest lasted
}

// SweepPause is how long a sweep is to rest.
const SweepPause = 50 * time.Microsecond

const stretch = int64(100 * time.Microsecond)

// Begin begins a sweep.
func (p *Pacer) Begin(now int64) { *p = Pacer{woke: now} }

// Wake ends a rest.
func (p *Pacer) Wake(slept, now int64) { *p = Pacer{woke: now, rested: now - slept} }

// ShouldRest says whether a sweep is to rest after a step, and whether somebody
// waited for that.
func (p *Pacer) ShouldRest(contended bool, now int64) bool {
	enough := p.rested / 2
	if !contended {
		enough = max(enough, stretch)
	}
	return now-p.woke > enough
}
