// Package timeline converts a store's times to positions and back. A position is a
// number of nanoseconds since the Unix epoch, so it has the same meaning in every
// store and process.
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

// latestWall is the latest wall clock time that a timeline follows. A clock set beyond
// it is wrong, and would leave no room for deadlines.
var latestWall = nanos(time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC))

// A Timeline is the clock of a store. It starts at the wall clock and advances with the
// monotonic clock. It follows the wall clock forward, in jumps of over a second, and
// never moves backward. It is safe for concurrent use.
type Timeline struct {
	base     time.Time    // a reading of both clocks
	offset   atomic.Int64 // the position of base, plus the sum of all jumps
	log      atomic.Int64 // the log time of a replayed timeline, otherwise the earliest position
	compared atomic.Int64 // the position at which Tick last read the wall clock
	start    int64        // what Opened returns

	wall     func() int64 // reads the wall clock, in nanoseconds since the epoch
	shared   bool         // set before the first write to the store
	replayed bool         // see replayed.go

	merges atomic.Int64 // the position of the first Merge
	ahead  atomic.Int64 // of a replayed timeline: see Correct
	merged atomic.Int64 // the latest time that was ahead of the clock when it was merged

	_         [64]byte // separates what all operations read from what polls and watchers write
	watermark atomic.Int64
}

// Start returns a timeline that starts at the current time.
func Start() *Timeline {
	return StartBy(func() int64 { return nanos(time.Now()) })
}

// StartBy is Start with a wall clock that tests can step.
func StartBy(wall func() int64) *Timeline {
	base := readClocks()
	l := &Timeline{base: base, start: nanos(base), wall: wall}
	l.offset.Store(l.start)
	l.log.Store(math.MinInt64)
	l.compared.Store(l.start)
	l.watermark.Store(math.MinInt64)
	l.merges.Store(math.MaxInt64)
	l.merged.Store(math.MinInt64)
	return l
}

// readClocks returns a reading of the wall and the monotonic clock at nearly the same
// instant. [time.Now] reads the wall clock first, so the best of several readings is
// the one whose wall clock is furthest ahead of its monotonic clock.
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

// nanos returns the position of t by the wall clock. A t outside the years 1678 to 2262
// is replaced by the nearest limit.
func nanos(t time.Time) int64 { return int64(t.Sub(epoch)) }

// Opened returns the position at which the timeline started.
func (l *Timeline) Opened() int64 { return l.start }

// Now returns the current position. It is the clock's, except on a replayed timeline. To
// remain inlinable it does not ask which this is.
func (l *Timeline) Now() int64 {
	return max(int64(time.Since(l.base))+l.offset.Load(), l.log.Load())
}

// Tick is Now for a write: at most once a second it calls Catch. On a replayed timeline
// it returns the log time.
func (l *Timeline) Tick() int64 {
	if l.replayed {
		return l.log.Load()
	}
	now := l.Now()
	if last := l.compared.Load(); now-last < second || !l.compared.CompareAndSwap(last, now) {
		return now
	}
	now = l.Catch()
	l.compared.Store(now)
	return now
}

// Catch compares the timeline with the wall clock, jumps to it if the timeline is more
// than a second behind, as after the machine was suspended, and returns the current
// position.
func (l *Timeline) Catch() int64 {
	if l.replayed {
		return l.log.Load()
	}
	l.follow()
	return l.Now()
}

// follow jumps to the wall clock if the clock is more than a second behind it.
func (l *Timeline) follow() {
	wall, offset := l.wall(), l.offset.Load() // read first, so that a pause here causes no jump
	if now := l.clock(); wall > now && wall-now > second && wall < latestWall {
		l.offset.CompareAndSwap(offset, offset+wall-now)
	}
}

// clock returns the current position by the clock alone.
func (l *Timeline) clock() int64 { return int64(time.Since(l.base)) + l.offset.Load() }

// Watermark returns the position up to which readers have seen everything: later
// modifications get later times.
func (l *Timeline) Watermark() int64 { return l.watermark.Load() }

// Promise raises the watermark to n if it is lower. A replayed timeline has no watermark.
func (l *Timeline) Promise(n int64) {
	if !l.replayed {
		raise(&l.watermark, n)
	}
}

// Raise is Promise for a merged time that is ahead of the clock.
func (l *Timeline) Raise(n int64) {
	raise(&l.merged, n)
	l.Promise(n)
}

// Merged returns the latest time given to Raise.
func (l *Timeline) Merged() int64 { return l.merged.Load() }

// raise sets x to n if x is lower.
func raise(x *atomic.Int64, n int64) {
	for {
		old := x.Load()
		if old >= n || x.CompareAndSwap(old, n) {
			return
		}
	}
}

// Share marks l as the timeline of several shards.
func (l *Timeline) Share() { l.shared = true }

// Claim reports whether an entry merged with time n arrives in the order of time. On a
// shared timeline the order must hold across shards: n must be later than every other
// time claimed, and earlier than any time that a shard can have given to a
// modification.
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

// BeginMerges records that an entry was merged at position now.
func (l *Timeline) BeginMerges(now int64) {
	if l.merges.Load() > now {
		l.merges.CompareAndSwap(math.MaxInt64, now)
	}
}

// Merges returns the position of the first merge. If there has been none, it returns
// the latest possible position.
func (l *Timeline) Merges() int64 { return l.merges.Load() }

// Time returns position n as a time without a monotonic reading.
func (l *Timeline) Time(n int64) time.Time { return time.Unix(0, n) }

// Nanos returns the position of t. It is exact for a t that Time of any timeline
// returned. If t has a monotonic reading, the result is the earlier of its two
// positions, which is the safe one for conditions and for positions to resume from. A t
// outside the years 1678 to 2262 is replaced by the nearest limit.
func (l *Timeline) Nanos(t time.Time) int64 {
	wall := nanos(t)
	if l.replayed && t == t.Round(0) {
		return wall // what the log says must not depend on this machine's clock
	}
	// If t has no monotonic reading, Sub uses the wall clock, and the sum is not earlier.
	since, base := int64(t.Sub(l.base)), l.offset.Load()
	if since > math.MaxInt64-base {
		return wall
	}
	return min(wall, base+since)
}

// Deadline returns the position ttl after now, or Never if it overflows.
func Deadline(now int64, ttl time.Duration) int64 {
	if d := now + int64(ttl); d > now {
		return d
	}
	return Never
}
