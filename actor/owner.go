// This file runs on the owner's goroutine.

package actor

import (
	"runtime"
	"time"

	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// turns is how many waiting requests are served between two sweep steps: as
// many callers wait for no more than one step.
const turns = 512

// own is the loop. It owns the table: nothing outside this call can reach it.
func (s *Store[K, V]) own(interval time.Duration, c config.Config) {
	t := table.New[K, V](s.line, c)
	tick := newTicker(s.line, interval)
	yield := yielder{line: s.line}
	defer close(s.done)
	defer tick.stop()
	for {
		select {
		case r := <-s.mailbox:
			if closing := s.serve(t, r); closing {
				return
			}
			yield.after()
		case <-tick.c:
			if more := s.sweep(t, tick); !more {
				continue
			}
			for range turns {
				r, waiting := s.next()
				if !waiting {
					break
				}
				if closing := s.serve(t, r); closing {
					return
				}
				yield.after()
			}
			tick.again()
		}
	}
}

// next is the next request, if one waits.
func (s *Store[K, V]) next() (r *request[K, V], waiting bool) {
	select {
	case r = <-s.mailbox:
		return r, true
	default:
		return nil, false
	}
}

// serve answers r and says whether it asked to close. After the reply r is the
// caller's again.
func (s *Store[K, V]) serve(t *table.Table[K, V], r *request[K, V]) (closing bool) {
	closing = r.op == opClose
	now := s.line.Now()
	if r.op == opSweep {
		r.n, r.ok = s.sweepStep(t, now)
	} else {
		r.serve(t, now)
	}
	r.reply <- struct{}{}
	return closing
}

// sweep runs one step of the background cleanup.
func (s *Store[K, V]) sweep(t *table.Table[K, V], tick *ticker) (more bool) {
	now := s.line.Now()
	tick.rearm(now)
	_, more = s.sweepStep(t, now)
	return more
}

func (s *Store[K, V]) sweepStep(t *table.Table[K, V], now int64) (removed int, more bool) {
	removed, more = t.Sweep(now)
	t.CountSweepStep(s.line.Now()-now, !more)
	return removed, more
}

// A ticker says on c when a sweep is due. c is a plain channel fed by a timer:
// a select on a timer's own channel puts it into the runtime's timer heap each
// time the goroutine blocks, which costs every request.
type ticker struct {
	c        chan struct{} // holds one, so that nobody waits for the owner; nil without interval
	timer    *time.Timer
	interval int64
	due      int64
}

func newTicker(line timeline.Timeline, interval time.Duration) *ticker {
	if interval == 0 {
		return &ticker{}
	}
	k := &ticker{c: make(chan struct{}, 1), interval: int64(interval), due: timeline.Deadline(line.Now(), interval)}
	k.timer = time.AfterFunc(interval, k.again)
	return k
}

// again asks for one more step. One that is asked for already is enough.
func (k *ticker) again() {
	select {
	case k.c <- struct{}{}:
	default:
	}
}

// rearm sets the timer for the next whole interval, if this one is over.
func (k *ticker) rearm(now int64) {
	if now < k.due {
		return
	}
	k.due += ((now-k.due)/k.interval + 1) * k.interval
	k.timer.Reset(time.Duration(k.due - now))
}

func (k *ticker) stop() {
	if k.timer != nil {
		k.timer.Stop()
	}
}

// A yielder lets the caller that was just answered run before the next request
// is taken. Without that, answering many callers wakes them on other
// processors, and all then fight over the mailbox: about twice the time a call.
//
// But a yield waits for every runnable goroutine. Beside some that compute for
// milliseconds it would make each call last as long as they do; so a yield that
// was slow is followed by none for a hundred times as long.
type yielder struct {
	line  timeline.Timeline
	start int64 // no yield before
}

const (
	slowYield    = int64(time.Millisecond)
	yieldPenalty = 100
)

func (y *yielder) after() {
	before := y.line.Now()
	if before < y.start {
		return
	}
	runtime.Gosched()
	now := y.line.Now()
	if lost := now - before; lost > slowYield {
		y.start = now + yieldPenalty*lost
	}
}
