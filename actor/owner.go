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

// maxBatch is the number of waiting requests that are served before the loop checks
// whether there is something to sweep.
const maxBatch = 128

// mailboxSize lets that many callers send without waiting for the owner, and then
// wait only for its reply. Any further callers block on the send.
const mailboxSize = 1024

// An owner is the state that the loop owns. It is a local variable of loop, so
// nothing outside that goroutine can reach it.
type owner[K comparable, V any] struct {
	*Store[K, V]
	line         *timeline.Timeline // shadows the store's field, which belongs to callers
	hub          *engine.Hub        // wakes the watchers of a Sharded; nil outside one
	lastNotified int64              // the time of the last change that hub was notified of
	table        *table.Table[K, V]
	sweep        sweep
	yielder      yielder
	watchQueue   watchQueue[K, V] // watchers that wait for a reply
	listeners    []*listenerState[K, V]
}

// loop runs the owner's goroutine: it serves requests, sweeps and feeds watchers
// until the store is closed.
func (s *Store[K, V]) loop(interval time.Duration, c config.Config) {
	o := owner[K, V]{Store: s, line: c.Line, table: table.New[K, V](c.Line, c), sweep: newSweep(c.Line, interval), watchQueue: newWatchQueue[K, V]()}
	defer o.end()
	var feeding <-chan struct{} // ready while a watcher is to be fed, otherwise nil
	for closing := false; !closing; {
		if feeding = nil; o.feedOne() {
			feeding = o.sweep.always
		}
		select {
		case r := <-s.mailbox:
			closing = o.serveBatch(r)
		case <-o.sweep.tick.c:
			o.sweep.onTick(o.line.Catch())
		case o.sweep.acquiring <- struct{}{}:
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

// end refuses the waiting requests. A caller that sends later refuses its own: see
// send.
func (o *owner[K, V]) end() {
	o.sweep.stop()
	o.endFeeds()
	close(o.done)
	o.refuse()
	close(o.stopped)
}

// serveBatch serves r and up to maxBatch requests that wait behind it. It reports
// whether one of them was opClose.
func (o *owner[K, V]) serveBatch(r *request[K, V]) (closing bool) {
	y := &o.yielder
	defer y.reset()
	for range maxBatch {
		now := o.line.Tick()
		y.measure(now)
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

// next returns the next waiting request, or nil if there is none.
func (o *owner[K, V]) next() *request[K, V] {
	select {
	case r := <-o.mailbox:
		return r
	default:
		return nil
	}
}

// serve serves r and replies, unless the reply has to wait, and reports whether r
// was opClose. From the reply on, the caller owns r again.
func (o *owner[K, V]) serve(r *request[K, V], now int64) (closing bool) {
	replyNow := true
	switch r.op {
	case opClose:
		return true // the reply is that stopped is closed
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
		replyNow = o.feed(r)
	default:
		r.serve(o.table, now)
		o.dispatch()
	}
	o.notify()
	if replyNow {
		r.reply <- struct{}{}
	}
	return false
}

// join makes the store a shard, unless it has been used before.
func (o *owner[K, V]) join(j *engine.Joint) bool {
	if len(o.listeners) > 0 || !o.table.Join(j.Line, nil, j.Shard, j.Shards) {
		return false
	}
	o.line, o.hub, o.lastNotified = j.Line, j.Hub, o.table.Last()
	o.sweep.setSem(j.Sweeps)
	return true
}

// notify wakes the watchers of a Sharded if something has changed.
func (o *owner[K, V]) notify() {
	if o.hub == nil {
		return
	}
	if last := o.table.Last(); last != o.lastNotified {
		o.lastNotified = last
		o.hub.Notify()
	}
}

// sweepOnce takes one step of the current sweep and then serves the requests that
// waited for it, so that none waits for a second step.
func (o *owner[K, V]) sweepOnce() (closing bool) {
	_, more := o.sweepStep(o.sweep.cutoff)
	r := o.next()
	o.sweep.afterStep(more, r != nil, o.line.Now())
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

// A yielder lets the caller that just got its reply run before the next request is
// served. Without that, replies to many callers wake them on other processors,
// where they contend for the mailbox: a call takes about twice as long.
//
// But a yield waits for every runnable goroutine. If some compute for milliseconds,
// each call would last as long as they do. So after a slow yield the owner does not
// yield for so long that at most a twentieth of the time is lost.
type yielder struct {
	notBefore int64 // no yield until then
	began     int64 // when the last yield began; 0 if it cannot be measured
}

const (
	slowYield    = int64(2 * time.Millisecond)
	yieldPenalty = 20
)

func (y *yielder) yield(now int64) {
	if y.began = 0; now >= y.notBefore {
		y.began = now
		runtime.Gosched()
	}
}

// measure ends the measurement of a yield at now. The caller has found the next
// request already waiting when the yield ended, so none of the time was idle.
func (y *yielder) measure(now int64) {
	if lost := now - y.began; y.began > 0 && lost > slowYield {
		y.notBefore = now + yieldPenalty*lost
	}
}

func (y *yielder) reset() { y.began = 0 }
