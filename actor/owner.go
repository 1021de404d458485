// This file runs on the owner's goroutine.

package actor

import (
	"runtime"
	"time"

	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// turns is how many waiting requests are served before the loop looks whether
// there is something to sweep.
const turns = table.SweepLimit

// mailboxSize spares callers a wait for the owner before the wait for its
// reply. More callers than that wait in line behind it.
const mailboxSize = 1024

// own is the loop. It owns the table: nothing outside this call can reach it.
func (s *Store[K, V]) own(interval time.Duration, c config.Config) {
	t := table.New[K, V](s.line, c)
	tick := newTicker(s.line, interval)
	var y yielder
	var cutoff int64 // of the sweep in progress
	var sweeping, always chan struct{} = nil, make(chan struct{})
	close(always) // so it is ready whenever sweeping is set to it
	defer s.end(tick)
	for {
		select {
		case r := <-s.mailbox:
			if closing := s.serveWaiting(t, r, &y); closing {
				return
			}
		case <-tick.c:
			cutoff, sweeping = s.line.Now(), always
			tick.rearm(cutoff)
		case <-sweeping:
			if _, more := s.sweepStep(t, cutoff); !more {
				sweeping = nil
			}
		}
	}
}

// end refuses what waits. Who sends later refuses himself; see call.
func (s *Store[K, V]) end(tick *ticker) {
	tick.stop()
	close(s.done)
	s.refuse()
	close(s.gone)
}

// serveWaiting serves r and the requests that wait behind it, up to turns, and
// says whether one asked to close.
func (s *Store[K, V]) serveWaiting(t *table.Table[K, V], r *request[K, V], y *yielder) (closing bool) {
	defer y.forget()
	for range turns {
		now := s.line.Now()
		y.judge(now)
		if closing = s.serve(t, r, now); closing {
			return true
		}
		y.yield(now)
		if r = s.next(); r == nil {
			return false
		}
	}
	return s.serve(t, r, s.line.Now())
}

// next is the next request if one waits, or nil.
func (s *Store[K, V]) next() *request[K, V] {
	select {
	case r := <-s.mailbox:
		return r
	default:
		return nil
	}
}

// serve answers r and says whether it asked to close. After the reply r is the
// caller's again.
func (s *Store[K, V]) serve(t *table.Table[K, V], r *request[K, V], now int64) (closing bool) {
	closing = r.op == opClose
	if r.op == opSweep {
		r.n, r.ok = s.sweepStep(t, r.cutoff)
	} else {
		r.serve(t, now)
	}
	r.reply <- struct{}{}
	return closing
}

func (s *Store[K, V]) sweepStep(t *table.Table[K, V], cutoff int64) (removed int, more bool) {
	start := s.line.Now()
	removed, more = t.Sweep(cutoff)
	t.CountSweepStep(s.line.Now()-start, !more)
	return removed, more
}

// A ticker says on c when a sweep is due. c is a plain channel fed by a timer:
// a select on a timer's own channel puts it into the runtime's timer heap each
// time the goroutine blocks, which costs every request.
type ticker struct {
	c        chan struct{} // holds one, so that the timer never waits; nil without interval
	timer    *time.Timer   // sends once after each rearm
	interval int64
	due      int64
}

func newTicker(line timeline.Timeline, interval time.Duration) *ticker {
	if interval == 0 {
		return &ticker{}
	}
	k := &ticker{c: make(chan struct{}, 1), interval: int64(interval), due: timeline.Deadline(line.Now(), interval)}
	k.timer = time.AfterFunc(interval, func() { k.c <- struct{}{} })
	return k
}

// rearm sets the timer, whose tick has come, for the next whole interval.
func (k *ticker) rearm(now int64) {
	if now >= k.due {
		k.due += ((now-k.due)/k.interval + 1) * k.interval
	}
	k.timer.Reset(time.Duration(k.due - now))
}

// stop ends the timer and waits for a tick that is on its way.
func (k *ticker) stop() {
	if k.timer != nil && !k.timer.Stop() {
		<-k.c
	}
}

// A yielder lets the caller that was just answered run before the next request
// is taken. Without that, answering many callers wakes them on other
// processors, and all then fight over the mailbox: about twice the time a call.
//
// But a yield waits for every runnable goroutine. Beside some that compute for
// milliseconds each call would last as long as they do; so a slow yield is
// followed by none for so long that at most a twentieth of the time is lost.
type yielder struct {
	start int64 // no yield before
	since int64 // when the last yield began, if it can be judged; else 0
}

const (
	slowYield    = int64(2 * time.Millisecond)
	yieldPenalty = 20
)

func (y *yielder) yield(now int64) {
	if y.since = 0; now >= y.start {
		y.since = now
		runtime.Gosched()
	}
}

// judge is told the time when the next request is served that was waiting when
// the yield ended: then none of it was idleness.
func (y *yielder) judge(now int64) {
	if lost := now - y.since; y.since > 0 && lost > slowYield {
		y.start = now + yieldPenalty*lost
	}
}

func (y *yielder) forget() { y.since = 0 }
