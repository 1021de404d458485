// Package timeline turns a store's times into positions and back. A position
// counts nanoseconds from the Unix epoch, so it means the same in every store
// and process.
package timeline

import (
	"math"
	"sync/atomic"
	"time"
)

// Never is the deadline of an entry that does not expire.
const Never = math.MaxInt64

const second = int64(time.Second)

var epoch = time.Unix(0, 0)

// latestWall is the latest wall clock that is followed. A clock set beyond is
// wrong, and would leave no room for deadlines.
var latestWall = nanos(time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC))

// A Timeline tells a store's present position. The monotonic clock carries it
// on from the wall clock as it was at the start. It follows the wall clock
// forward, in jumps of over a second, and never moves backward. It is safe for
// concurrent use.
type Timeline struct {
	base     time.Time    // a reading of both clocks
	start    int64        // the position of base
	ahead    atomic.Int64 // the sum of all jumps
	compared atomic.Int64 // the position at which Tick last read the wall clock

	wall   func() int64 // reads the wall clock, in nanoseconds from the epoch
	shared bool         // set before anything is written

	merges atomic.Int64 // the position of the first Merge
	merged atomic.Int64 // the latest time that was ahead of the clock when it was merged

	_         [64]byte // polls and watchers write what follows, all operations read what precedes
	watermark atomic.Int64
}

// Start begins a timeline at the present time.
func Start() *Timeline {
	return StartBy(func() int64 { return nanos(time.Now()) })
}

// StartBy is Start for tests, which step the wall clock that the timeline follows.
func StartBy(wall func() int64) *Timeline {
	base := readClocks()
	l := &Timeline{base: base, start: nanos(base), wall: wall}
	l.compared.Store(l.start)
	l.watermark.Store(math.MinInt64)
	l.merges.Store(math.MaxInt64)
	l.merged.Store(math.MinInt64)
	return l
}

// readClocks returns a reading of the wall and the monotonic clock at nearly one
// instant. [time.Now] reads the wall clock first, so of several readings the one
// whose wall clock is the furthest ahead of its monotonic clock is the best.
func readClocks() time.Time {
	best := time.Now()
	for range 10 {
		t := time.Now()
		if nanos(t)-nanos(best) > int64(t.Sub(best)) {
			best = t
		}
	}
	return best
}

// nanos returns the position of t by the wall clock. A t outside the years 1678
// to 2262 is taken as the limit.
func nanos(t time.Time) int64 { return int64(t.Sub(epoch)) }

// Opened returns the position at which the timeline began.
func (l *Timeline) Opened() int64 { return l.start }

// Now returns the present position.
func (l *Timeline) Now() int64 {
	return l.start + int64(time.Since(l.base)) + l.ahead.Load()
}

// Tick is Now for a write: at most once a second it calls Catch.
func (l *Timeline) Tick() int64 {
	now := l.Now()
	if last := l.compared.Load(); now-last < second || !l.compared.CompareAndSwap(last, now) {
		return now
	}
	now = l.Catch()
	l.compared.Store(now)
	return now
}

// Catch is Now after a comparison with the wall clock: a timeline that is over a
// second behind jumps to it. So it does after the machine was suspended.
func (l *Timeline) Catch() int64 {
	wall, ahead := l.wall(), l.ahead.Load() // first, so that a pause here makes no jump
	if now := l.Now(); wall > now && wall-now > second && wall < latestWall {
		l.ahead.CompareAndSwap(ahead, ahead+wall-now)
	}
	return l.Now()
}

// Watermark returns the position up to which readers have been promised that
// they know everything: what happens next gets a later time.
func (l *Timeline) Watermark() int64 { return l.watermark.Load() }

// Promise raises the watermark to n, if it is lower.
func (l *Timeline) Promise(n int64) { raise(&l.watermark, n) }

// Raise is Promise for a time that was merged and is ahead of the clock.
func (l *Timeline) Raise(n int64) {
	raise(&l.merged, n)
	raise(&l.watermark, n)
}

// Merged returns the latest time given to Raise.
func (l *Timeline) Merged() int64 { return l.merged.Load() }

func raise(x *atomic.Int64, n int64) {
	for {
		old := x.Load()
		if old >= n || x.CompareAndSwap(old, n) {
			return
		}
	}
}

// Share makes l the timeline of several shards.
func (l *Timeline) Share() { l.shared = true }

// Claim reports whether what is merged with time n takes its place in the order
// of time; otherwise it is out of order. On a shared timeline that must hold
// across shards: n must be later than any other one claimed, and earlier than
// any time that a shard can have given to a modification.
func (l *Timeline) Claim(n int64) bool {
	for {
		old := l.watermark.Load()
		switch {
		case n <= old || l.shared && n >= l.start:
			return false
		case !l.shared || l.watermark.CompareAndSwap(old, n):
			return true
		}
	}
}

// BeginMerges notes that something was merged, at position now.
func (l *Timeline) BeginMerges(now int64) {
	if l.merges.Load() > now {
		l.merges.CompareAndSwap(math.MaxInt64, now)
	}
}

// Merges returns the position of the first merge, or the latest position if there
// has been none.
func (l *Timeline) Merges() int64 { return l.merges.Load() }

// Time returns position n as a time without a monotonic reading.
func (l *Timeline) Time(n int64) time.Time { return time.Unix(0, n) }

// Nanos returns the position of t, exactly for what any timeline's Time
// returned. A t with a monotonic reading is taken at the earlier of its two
// positions: that is the safe side for conditions and for positions to resume
// from. A t outside the years 1678 to 2262 is taken as the limit.
func (l *Timeline) Nanos(t time.Time) int64 {
	wall := nanos(t)
	// Without a monotonic reading, Sub is by the wall clock, and the sum no earlier.
	since, base := int64(t.Sub(l.base)), l.start+l.ahead.Load()
	if since > math.MaxInt64-base {
		return wall
	}
	return min(wall, base+since)
}

// Deadline is the instant ttl after now, or Never if that overflows.
func Deadline(now int64, ttl time.Duration) int64 {
	if d := now + int64(ttl); d > now {
		return d
	}
	return Never
}
