// Package timeline turns a store's times into nanoseconds and back.
package timeline

import (
	"math"
	"time"
)

// Never is the deadline of an entry that does not expire.
const Never = math.MaxInt64

// Timeline counts nanoseconds from the moment it was started, by the monotonic
// clock. It is safe for concurrent use.
type Timeline struct{ base time.Time }

// Start begins a timeline now.
func Start() Timeline { return Timeline{time.Now()} }

// Now reads the clock.
func (l Timeline) Now() int64 { return int64(time.Since(l.base)) }

// Time is the instant n on the wall clock, as it stood at the start.
func (l Timeline) Time(n int64) time.Time { return l.base.Add(time.Duration(n)) }

// Nanos is where t lies; a t over 292 years away is taken as the limit. It is
// exact for what Time gave, with or without t's monotonic reading.
func (l Timeline) Nanos(t time.Time) int64 { return int64(t.Sub(l.base)) }

// Deadline is the instant ttl after now, or Never if that overflows.
func Deadline(now int64, ttl time.Duration) int64 {
	if d := now + int64(ttl); d > now {
		return d
	}
	return Never
}
