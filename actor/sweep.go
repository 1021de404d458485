// This file runs on the owner's goroutine.

package actor

import (
	"time"

	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A sweep says when the owner sweeps.
type sweep struct {
	tick    *ticker
	rest    *alarm
	turn    engine.Semaphore // to take before a sweep
	waiting engine.Semaphore // turn while it waits for that, else nil
	taken   engine.Semaphore // to give back after the sweep; nil: there is none
	always  chan struct{}    // closed
	due     <-chan struct{}  // always while there is a step to make, else nil
	resting <-chan struct{}  // rest's channel while it rests, else nil
	cutoff  int64            // what had expired by then goes
	pace    engine.Pacer
	slept   int64 // since when it rests
}

func newSweep(line *timeline.Timeline, interval time.Duration) sweep {
	w := sweep{tick: newTicker(line, interval), rest: newAlarm(), turn: engine.NewSemaphore(), always: make(chan struct{})}
	close(w.always)
	return w
}

func (w *sweep) stop() {
	w.tick.stop()
	if w.resting != nil {
		w.rest.stop()
	}
	w.end()
}

// ask is what a tick does: it asks for the turn. A sweep that is on goes further.
func (w *sweep) ask(now int64) {
	w.cutoff = now
	w.tick.rearm(now)
	if w.taken == nil {
		w.waiting = w.turn
	}
}

// share makes t the turn, from the next sweep on.
func (w *sweep) share(t engine.Semaphore) {
	if w.turn = t; w.waiting != nil {
		w.waiting = t
	}
}

// begin is what getting the turn does.
func (w *sweep) begin(now int64) {
	w.waiting, w.taken, w.due = nil, w.waiting, w.always
	w.pace.Begin(now)
}

// end gives the turn back, if it has it.
func (w *sweep) end() {
	if w.taken != nil {
		<-w.taken
	}
	w.taken, w.due = nil, nil
}

// wake is what the end of a rest does.
func (w *sweep) wake(now int64) {
	w.due, w.resting = w.always, nil
	w.pace.Wake(w.slept, now)
}

// stepped says how a step ended: whether there may be more to sweep, and whether
// a request waited.
func (w *sweep) stepped(more, contended bool, now int64) {
	switch {
	case !more:
		w.end()
	case w.pace.ShouldRest(contended, now):
		w.due, w.resting, w.slept = nil, w.rest.c, now
		w.rest.timer.Reset(engine.SweepPause)
	}
}

// An alarm says on c that its time has come. c is a plain channel fed by a
// timer: a select on a timer's own channel puts it into the runtime's timer heap
// each time the goroutine blocks, which costs every request.
type alarm struct {
	c     chan struct{} // holds one, so that the timer never waits
	timer *time.Timer   // sends once after each Reset
}

// newAlarm is an alarm that has not been set.
func newAlarm() *alarm {
	a := &alarm{c: make(chan struct{}, 1)}
	a.timer = time.AfterFunc(time.Duration(timeline.Never), func() { a.c <- struct{}{} })
	a.timer.Stop()
	return a
}

// stop ends an alarm that is set, and waits for a signal that is on its way.
func (a *alarm) stop() {
	if !a.timer.Stop() {
		<-a.c
	}
}

// A ticker is an alarm for every interval; without one its channel is nil.
type ticker struct {
	alarm
	interval int64
	due      int64
}

func newTicker(line *timeline.Timeline, interval time.Duration) *ticker {
	if interval == 0 {
		return &ticker{}
	}
	k := &ticker{alarm: *newAlarm(), interval: int64(interval), due: timeline.Deadline(line.Now(), interval)}
	k.timer.Reset(interval)
	return k
}

// rearm sets the timer, whose tick has come, for the next whole interval.
func (k *ticker) rearm(now int64) {
	if now >= k.due {
		k.due += ((now-k.due)/k.interval + 1) * k.interval
	}
	k.timer.Reset(time.Duration(k.due - now))
}

func (k *ticker) stop() {
	if k.interval > 0 {
		k.alarm.stop()
	}
}
