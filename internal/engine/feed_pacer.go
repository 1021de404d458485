package engine

import "time"

// A FeedPacer decides when the goroutines that wake waiting watchers, one after the
// other, rest. Otherwise many watchers that all want each change would take the
// processor, and the lock or the owner, from the writer. They rest only after a
// stretch of work during which there was news, so a single write reaches all watchers
// at once.
type FeedPacer struct {
	began int64 // when the current stretch of work began; 0: none
	last  int64 // the latest news at that time
}

// FeedPause is the duration of a rest: 50 times the duration of a stretch of work.
const FeedPause = 50 * feedStretch

const feedStretch = 50 * time.Microsecond

// ShouldRest reports whether to rest before the next watcher is woken. The number
// last identifies the latest news and only grows.
func (p *FeedPacer) ShouldRest(now, last int64) bool {
	if p.began != 0 && now-p.began < int64(feedStretch) {
		return false
	}
	busy := p.began != 0 && last > p.last
	p.began, p.last = now, last
	return busy
}

// Charge adds the cost of reading events to the work. They are read after the next
// watcher has been woken, so the clock does not show it.
func (p *FeedPacer) Charge(events int) {
	if p.began != 0 {
		p.began -= int64(events) * int64(100*time.Nanosecond)
	}
}

// Wake ends a rest at now.
func (p *FeedPacer) Wake(now int64) { p.began = now }
