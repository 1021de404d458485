// This file runs on the owner's goroutine.

package actor

import (
	"runtime"
	"time"

	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// maxBatch is how many waiting requests are served before the loop looks whether
// there is something to sweep.
const maxBatch = 128

// mailboxSize spares callers a wait for the owner before the wait for its
// reply. More callers than that wait in line behind it.
const mailboxSize = 1024

// An owner is what the loop owns: the one that loop makes lives and dies there,
// and nothing outside its goroutine can reach it.
type owner[K comparable, V any] struct {
	*Store[K, V]
	line       *timeline.Timeline // the store's; its field belongs to callers
	hub        *engine.Hub        // of watchers of a Sharded; nil: there are none
	noted      int64              // the latest time of which hub was notified
	table      *table.Table[K, V]
	sweep      sweep
	yielder    yielder
	watchQueue watchQueue[K, V] // watchers, whose replies are pending
	listening  []*listening[K, V]
}

// loop is the loop.
func (s *Store[K, V]) loop(interval time.Duration, c config.Config) {
	o := owner[K, V]{Store: s, line: c.Line, table: table.New[K, V](c.Line, c), sweep: newSweep(c.Line, interval), watchQueue: newWatchQueue[K, V]()}
	defer o.end()
	var feeding <-chan struct{} // always while a watcher is to be fed, else nil
	for closing := false; !closing; {
		if feeding = nil; o.feedOne() {
			feeding = o.sweep.always
		}
		select {
		case r := <-s.mailbox:
			closing = o.serveBatch(r)
		case <-o.sweep.tick.c:
			o.sweep.ask(o.line.Catch())
		case o.sweep.waiting <- struct{}{}:
			o.sweep.begin(o.line.Now())
		case <-o.sweep.resting:
			o.sweep.wake(o.line.Now())
		case <-o.sweep.due:
			closing = o.sweepOnce()
		case <-feeding:
		case <-o.watchQueue.resting:
			o.watchQueue.wake(o.line.Now())
		}
	}
}

// end refuses what waits. Who sends later refuses himself; see call.
func (o *owner[K, V]) end() {
	o.sweep.stop()
	o.endFeeds()
	close(o.done)
	o.refuse()
	close(o.stopped)
}

// serveBatch serves r and the requests that wait behind it, up to maxBatch, and
// says whether one asked to close.
func (o *owner[K, V]) serveBatch(r *request[K, V]) (closing bool) {
	y := &o.yielder
	defer y.forget()
	for range maxBatch {
		now := o.line.Tick()
		y.judge(now)
		if closing = o.serve(r, now); closing {
			return true
		}
		y.yield(now)
		if r = o.next(); r == nil {
			return false
		}
	}
	return o.serve(r, o.line.Tick())
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
		return true // closing stopped is the reply
	case opSweep:
		r.n, r.ok = o.sweepStep(r.cutoff)
	case opJoin:
		r.ok = o.join(r.joint)
	case opMerge:
		r.serve(o.table, o.line.Catch())
		o.dispatch()
	case opStats:
		r.serve(o.table, now)
		r.stats.PendingRemovals = o.pending()
	case opWatch, opUnwatch, opListen, opUnlisten, opRemovals:
		replies = o.feed(r)
	default:
		r.serve(o.table, now)
		o.dispatch()
	}
	o.notify()
	if replies {
		r.reply <- struct{}{}
	}
	return false
}

// join makes the store a shard, unless it was used before.
func (o *owner[K, V]) join(j *engine.Joint) bool {
	if len(o.listening) > 0 || !o.table.Join(j.Line, nil, j.Shard, j.Shards) {
		return false
	}
	o.line, o.hub, o.noted = j.Line, j.Hub, o.table.Last()
	o.sweep.share(j.Sweeps)
	return true
}

// notify notifies watchers of a Sharded of what has happened.
func (o *owner[K, V]) notify() {
	if o.hub == nil {
		return
	}
	if last := o.table.Last(); last != o.noted {
		o.noted = last
		o.hub.Notify()
	}
}

// sweepOnce makes a step of the sweep that is due, and serves who waited for it:
// he does not wait for another.
func (o *owner[K, V]) sweepOnce() (closing bool) {
	_, more := o.sweepStep(o.sweep.cutoff)
	r := o.next()
	o.sweep.stepped(more, r != nil, o.line.Now())
	return r != nil && o.serveBatch(r)
}

func (o *owner[K, V]) sweepStep(cutoff int64) (removed int, more bool) {
	start := o.line.Now()
	removed, more = o.table.Sweep(cutoff, start)
	o.dispatch()
	o.notify()
	o.table.CountSweepStep(o.line.Now()-start, !more)
	return removed, more
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
