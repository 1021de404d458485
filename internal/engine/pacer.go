package engine

import "time"

// A Pacer decides when a sweep rests. If callers wait for its steps, it rests when it
// has worked for as long as it will rest: otherwise a frequent caller would get one
// operation between two steps. It also rests after a stretch of work, for goroutines
// that the sweep keeps from running. A rest may last much longer than requested. The
// sweep then works half as long before the next one, so that the rests make it take
// at most about three times as long.
type Pacer struct {
	woke   int64 // when the last rest ended
	rested int64 // duration of the last rest
}

// SweepPause is the requested duration of a rest.
const SweepPause = 50 * time.Microsecond

const stretch = int64(100 * time.Microsecond)

// Begin begins a sweep.
func (p *Pacer) Begin(now int64) { *p = Pacer{woke: now} }

// Wake ends a rest that lasted from slept to now.
func (p *Pacer) Wake(slept, now int64) { *p = Pacer{woke: now, rested: now - slept} }

// ShouldRest reports whether the sweep should rest after a step. Contended means that
// a caller waited for the step.
func (p *Pacer) ShouldRest(contended bool, now int64) bool {
	work := stretch
	if contended {
		work = int64(SweepPause)
	}
	return now-p.woke > max(work, p.rested/2)
}
