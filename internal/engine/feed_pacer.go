package engine

import "time"

// A FeedPacer says when those that wake waiting watchers, one after the other,
// rest. Many watchers that all want each change would otherwise take the
// processor, and the lock or the owner, from the writer. They rest only after a
// stretch of work in which there was news: one write reaches all at once.
type FeedPacer struct {
	began int64 // this stretch of work; 0: none
	last  int64 // the latest news at that time
}

// FeedPause is how long they rest: 50 times as long as they worked.
const FeedPause = 50 * feedStretch

const feedStretch = 50 * time.Microsecond

// ShouldRest reports whether to rest before the next watcher is woken. Last is
// the latest news, which grows.
func (p *FeedPacer) ShouldRest(now, last int64) bool {
	if p.began != 0 && now-p.began < int64(feedStretch) {
		return false
	}
	busy := p.began != 0 && last > p.last
	p.began, p.last = now, last
	return busy
}

// Charge adds the reading of so many events to the work. It follows after the next
// watcher is woken, so the clock does not show it.
func (p *FeedPacer) Charge(events int) {
	if p.began != 0 {
		p.began -= int64(events) * int64(100*time.Nanosecond)
	}
}

// Wake ends a rest.
func (p *FeedPacer) Wake(now int64) { p.began = now }
