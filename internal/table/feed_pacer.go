package table

import "time"

// A FeedPacer says when those who wake waiting watchers, one after the other,
// rest. Many watchers that all want each change would else take the processor,
// and the lock or the owner, from who writes. It rests only after a stretch
// of work in which somebody wrote: one write is told to all at once.
type FeedPacer struct {
	began int64 // this stretch of work; 0: none
	last  int64 // the latest modification then
}

// FeedPause is how long they rest: 50 times as long as they worked.
const FeedPause = 50 * feedStretch

const feedStretch = 50 * time.Microsecond

// Tires says whether to rest before the next watcher is woken. Last is the
// latest modification.
func (p *FeedPacer) Tires(now, last int64) bool {
	if p.began != 0 && now-p.began < int64(feedStretch) {
		return false
	}
	busy := p.began != 0 && last > p.last
	p.began, p.last = now, last
	return busy
}

// Wake ends a rest.
func (p *FeedPacer) Wake(now int64) { p.began = now }
