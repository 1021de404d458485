package timeline

import "time"

// A replayed timeline is that of a store that applies the writes of a log, each at the
// time that the log gives it. So the store's contents depend on the log alone: writes
// happen at the log time, which only Advance changes, and readers promise nothing. Only
// Now, with which readers decide what has expired, also depends on the local clock.

// StartReplayed returns a replayed timeline for a log that was created at position
// opened. Its log time begins there.
func StartReplayed(opened int64) *Timeline {
	return StartReplayedBy(opened, func() int64 { return nanos(time.Now()) })
}

// StartReplayedBy is StartReplayed with a wall clock that tests can step.
func StartReplayedBy(opened int64, wall func() int64) *Timeline {
	l := StartBy(wall)
	l.replayed, l.start = true, opened
	l.wall = func() int64 { return wall() - l.ahead.Load() }
	l.log.Store(opened)
	return l
}

// Advance sets the log time to t unless it is later already. At most once a second it
// also makes Now follow the wall clock forward, as Catch does on other timelines. It is
// for the goroutine that writes to the store.
func (l *Timeline) Advance(t int64) {
	raise(&l.log, t)
	if l.clock()-l.compared.Load() >= second {
		l.follow()
		l.compared.Store(l.clock())
	}
}

// Correct sets by how much the wall clock has turned out to be ahead, and sets the clock
// to what the wall clock then should show. It is for the goroutine that writes.
func (l *Timeline) Correct(ahead int64) {
	if l.ahead.Swap(ahead) != ahead {
		l.offset.Add(l.wall() - l.clock())
	}
}

// RestoreMerges makes n what Merges returns.
func (l *Timeline) RestoreMerges(n int64) { l.merges.Store(n) }
