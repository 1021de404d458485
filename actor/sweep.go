// This file runs on the owner's goroutine.

package actor

import (
	"time"

	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A sweep schedules the owner's sweeps.
type sweep struct {
	tick      *ticker
	rest      *alarm
	sem       engine.Semaphore // acquired for the duration of a sweep
	acquiring engine.Semaphore // sem while a sweep waits to acquire it, otherwise nil
	held      engine.Semaphore // the one acquired, to be released after the sweep, or nil
	always    chan struct{}    // closed, so that a receive is always ready
	due       <-chan struct{}  // always while there is a step to take, otherwise nil
	resting   <-chan struct{}  // rest's channel during a rest, otherwise nil
	cutoff    int64            // entries that had expired by then are removed
	pace      engine.Pacer
	restStart int64
}

func newSweep(line *timeline.Timeline, interval time.Duration) sweep {
	w := sweep{tick: newTicker(line, interval), rest: newAlarm(), sem: engine.NewSemaphore(), always: make(chan struct{})}
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

// onTick requests a sweep. A sweep that is in progress is extended to now.
func (w *sweep) onTick(now int64) {
	w.cutoff = now
	w.tick.rearm(now)
	if w.held == nil {
		w.acquiring = w.sem
	}
}

// setSem makes sem the semaphore of the next sweep and of all later ones.
func (w *sweep) setSem(sem engine.Semaphore) {
	if w.sem = sem; w.acquiring != nil {
		w.acquiring = sem
	}
}

// begin starts a sweep when its semaphore has been acquired.
func (w *sweep) begin(now int64) {
	w.acquiring, w.held, w.due = nil, w.acquiring, w.always
	w.pace.Begin(now)
}

// end ends a sweep, if there is one, and releases its semaphore.
func (w *sweep) end() {
	if w.held != nil {
		<-w.held
	}
	w.held, w.due = nil, nil
}

// wake ends a rest.
func (w *sweep) wake(now int64) {
	w.due, w.resting = w.always, nil
	w.pace.Wake(w.restStart, now)
}

// afterStep ends the sweep or lets it rest, given whether there may be more to sweep
// and whether a request waited.
func (w *sweep) afterStep(more, contended bool, now int64) {
	switch {
	case !more:
		w.end()
	case w.pace.ShouldRest(contended, now):
		w.due, w.resting, w.restStart = nil, w.rest.c, now
		w.rest.timer.Reset(engine.SweepPause)
	}
}

// An alarm signals on c when its timer fires. It does not use the timer's own
// channel: a select on that puts it into the runtime's timer heap each time the
// goroutine blocks, at a cost to every request.
type alarm struct {
	c     chan struct{} // buffered for one, so that the timer never waits
	timer *time.Timer   // sends once after each Reset
}

// newAlarm returns an alarm that is not set.
func newAlarm() *alarm {
	a := &alarm{c: make(chan struct{}, 1)}
	a.timer = time.AfterFunc(time.Duration(timeline.Never), func() { a.c <- struct{}{} })
	a.timer.Stop()
	return a
}

// stop stops an alarm that is set, or waits for its signal if the timer has fired.
func (a *alarm) stop() {
	if !a.timer.Stop() {
		<-a.c
	}
}

// A ticker is an alarm that recurs every interval. If interval is 0, its channel is
// nil.
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

// rearm sets the timer for the next whole interval after a tick.
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
