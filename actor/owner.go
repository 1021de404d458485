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

// An owner is what the loop owns: the one that own makes lives and dies there,
// and nothing outside its goroutine can reach it.
type owner[K comparable, V any] struct {
	*Store[K, V]
	table     *table.Table[K, V]
	tick      *ticker
	yielder   yielder
	watching  []*request[K, V] // replies pending, in the order in which they came
	listening []*listening[K, V]
}

// own is the loop.
func (s *Store[K, V]) own(interval time.Duration, c config.Config) {
	o := owner[K, V]{Store: s, table: table.New[K, V](s.line, c), tick: newTicker(s.line, interval)}
	defer o.end()
	always := make(chan struct{})
	close(always)
	var cutoff int64                      // of the sweep in progress
	var sweeping, feeding <-chan struct{} // always while there is such work, else nil
	for {
		if feeding = nil; o.hasNews() {
			feeding = always
		}
		select {
		case r := <-s.mailbox:
			if closing := o.serveWaiting(r); closing {
				return
			}
		case <-o.tick.c:
			cutoff, sweeping = s.line.Now(), always
			o.tick.rearm(cutoff)
		case <-sweeping:
			if _, more := o.sweepStep(cutoff); !more {
				sweeping = nil
			}
		case <-feeding:
			o.feedOne()
		}
	}
}

// end refuses what waits. Who sends later refuses himself; see call.
func (o *owner[K, V]) end() {
	o.tick.stop()
	o.endFeeds()
	close(o.done)
	o.refuse()
	close(o.gone)
}

// serveWaiting serves r and the requests that wait behind it, up to turns, and
// says whether one asked to close.
func (o *owner[K, V]) serveWaiting(r *request[K, V]) (closing bool) {
	y := &o.yielder
	defer y.forget()
	for range turns {
		now := o.line.Now()
		y.judge(now)
		if closing = o.serve(r, now); closing {
			return true
		}
		y.yield(now)
		if r = o.next(); r == nil {
			return false
		}
	}
	return o.serve(r, o.line.Now())
}

// next is the next request if one waits, or nil.
func (o *owner[K, V]) next() *request[K, V] {
	select {
	case r := <-o.mailbox:
		return r
	default:
		return nil
	}
}

// serve answers r, unless its reply has to wait, and says whether it asked to
// close. After the reply r is the caller's again.
func (o *owner[K, V]) serve(r *request[K, V], now int64) (closing bool) {
	replies := true
	switch r.op {
	case opClose:
		return true // gone is the answer
	case opSweep:
		r.n, r.ok = o.sweepStep(r.cutoff)
	case opWatch, opUnwatch, opListen, opUnlisten, opRemovals:
		replies = o.feed(r, now)
	default:
		r.serve(o.table, now)
		o.handOver()
	}
	if replies {
		r.reply <- struct{}{}
	}
	return false
}

func (o *owner[K, V]) sweepStep(cutoff int64) (removed int, more bool) {
	start := o.line.Now()
	removed, more = o.table.Sweep(cutoff, start)
	o.handOver()
	o.table.CountSweepStep(o.line.Now()-start, !more)
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
