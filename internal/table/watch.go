package table

import (
	"math"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A Feed is a watcher's position in the log, and the events of the last step.
type Feed[K comparable, V any] struct {
	More  bool  // there may be more to read; otherwise nothing has happened after Until
	Until int64 // time of the latest modification, unless More

	changes       []change[K, V]
	taken         int // number of changes that Next has returned
	started       bool
	fromZero      bool // the feed begins with the live entries
	due           bool // CaughtUp is to follow the last event
	caughtUp      bool // CaughtUp follows the changes of the last step
	cursor        cursor
	last          int64 // time of the last event
	resumeAfter   int64 // what was forgotten until then is not missed
	removalsAfter int64 // removals until then are not reported
}

// NewFeed returns a feed of what happens after since.
func NewFeed[K comparable, V any](line *timeline.Timeline, since time.Time) Feed[K, V] {
	at := line.Nanos(since)
	return Feed[K, V]{More: true, fromZero: since.IsZero(), due: true, cursor: cursor{from: at}, last: at, resumeAfter: at, removalsAfter: at}
}

// CaughtUp reports whether f must wait for a change before its next step.
func (f *Feed[K, V]) CaughtUp() bool { return !f.More && !f.HasNext() }

// HasNext reports whether there is an event of the last step that Next has not
// returned.
func (f *Feed[K, V]) HasNext() bool { return f.hasChange() || f.caughtUp }

func (f *Feed[K, V]) hasChange() bool { return f.taken < len(f.changes) }

// Len returns the number of changes that Next has not returned.
func (f *Feed[K, V]) Len() int { return len(f.changes) - f.taken }

// Beginning is the time of CaughtUp in a feed from the zero time if nothing has ever
// happened. It stands for the zero time.
const Beginning = math.MinInt64

// NextAt returns the time of the next event. HasNext must be true.
func (f *Feed[K, V]) NextAt() int64 {
	if f.hasChange() {
		return f.changes[f.taken].at
	}
	return f.cursor.from
}

// NextKind returns the kind of the next event. HasNext must be true.
func (f *Feed[K, V]) NextKind() lastmodstore.EventKind {
	if f.hasChange() {
		return f.changes[f.taken].kind
	}
	return lastmodstore.CaughtUp
}

// NextDeadline returns the deadline of the next event if that is Modified, otherwise
// timeline.Never. HasNext must be true.
func (f *Feed[K, V]) NextDeadline() int64 {
	if f.NextKind() == lastmodstore.Modified {
		return f.changes[f.taken].deadline
	}
	return timeline.Never
}

// Next returns the next event and releases it, since its value may be removed from the
// store while the watcher waits for more. HasNext must be true.
func (f *Feed[K, V]) Next(line *timeline.Timeline) lastmodstore.Event[K, V] {
	if !f.hasChange() {
		return f.nextMark(line)
	}
	c := &f.changes[f.taken]
	e := c.event(line)
	*c = change[K, V]{}
	if f.taken++; f.taken == len(f.changes) {
		f.trim()
	}
	return e
}

func (f *Feed[K, V]) nextMark(line *timeline.Timeline) lastmodstore.Event[K, V] {
	f.caughtUp = false
	f.trim()
	e := lastmodstore.Event[K, V]{Kind: lastmodstore.CaughtUp}
	if f.cursor.from != Beginning {
		e.At = line.Time(f.cursor.from)
	}
	return e
}

// trim frees the memory of a long page if f has caught up, since f may then wait for
// a long time.
func (f *Feed[K, V]) trim() {
	if f.CaughtUp() && cap(f.changes) > 8 {
		f.changes, f.taken = nil, 0
	}
}

// SkipTo drops the events of f and makes it continue with what happens after at.
func (f *Feed[K, V]) SkipTo(at int64) {
	clear(f.changes)
	f.changes, f.taken, f.More = f.changes[:0], 0, true
	f.cursor, f.last, f.resumeAfter, f.removalsAfter = cursor{from: at}, at, at, at
	f.started, f.fromZero, f.due, f.caughtUp = true, false, true, false
}

// Watch fills f with its next events. It may run concurrently with other reads.
//
// The events are those of the modification order and of the removal log, merged by
// time. An entry that arrived out of order is reported at the time of its arrival, while
// that is remembered. After that, a watcher that could miss it gets Resync.
func (t *Table[K, V]) Watch(f *Feed[K, V], now int64) {
	f.changes, f.taken, f.caughtUp, f.More = f.changes[:0], 0, false, true
	first := !f.started && !f.fromZero
	if !f.started && f.fromZero {
		f.resumeAfter, f.removalsAfter = t.log.horizon, t.last
	}
	f.started = true
	t.log.active.Store(true)
	if t.log.horizon > max(f.cursor.from, f.resumeAfter) || first && t.isForeign(f.cursor.from, now) {
		at := max(t.last, t.log.horizon)
		t.line.Promise(min(at, now))
		f.cursor = cursor{from: at}
		f.resumeAfter = at
		f.last = at - 1 // the position may be later, from another store
		f.due = true
		f.emit(change[K, V]{at: at, kind: lastmodstore.Resync})
		return
	}
	slot, found := t.resume(&f.cursor)
	if !found {
		return
	}
	n := t.log.after(f.cursor.from)
	for links := 0; ; links++ {
		at, isRecord := t.nextAt(slot, n)
		if at == timeline.Never {
			t.catchUp(f, now)
			return
		}
		// Events with equal times are not separated, so that from alone determines where
		// to continue.
		if at != f.cursor.from && (t.fullPage(len(f.changes)) || links >= walkLen) {
			if slot != none {
				f.cursor.checkpoints = append(f.cursor.checkpoints, checkpoint{slot, t.slots.at(slot).modified})
			}
			return
		}
		f.cursor.from = at
		if isRecord {
			t.emitRecord(f, n, now)
			n++
		} else {
			t.emitSlot(f, slot, now)
			slot = t.slots.links.at(slot).next
		}
	}
}

// aheadOfReplica is how far a position from another replica may be ahead of this one's
// clock: the clocks of their machines differ a little, and this one may lag.
const aheadOfReplica = int64(time.Second)

// isForeign reports whether a position is later than any that this store can have
// returned, so that it must come from an earlier store, whose times were ahead of the
// clock. For a shard it returns false: only all shards together can decide that.
func (t *Table[K, V]) isForeign(at, now int64) bool {
	if t.config.Deterministic {
		now += aheadOfReplica
	}
	return t.shardMask == 0 && at > max(t.last, now, t.line.Watermark())
}

// nextAt returns the time of slot or of record n, whichever is earlier, or
// timeline.Never if there is neither.
func (t *Table[K, V]) nextAt(slot uint32, n uint64) (at int64, isRecord bool) {
	at = timeline.Never
	if slot != none {
		at = t.slots.at(slot).modified
	}
	if n <= t.log.records.next && t.log.at(n).at <= at {
		return t.log.at(n).at, true
	}
	return at, false
}

func (t *Table[K, V]) emitSlot(f *Feed[K, V], i uint32, now int64) {
	s := t.slots.at(i)
	if now >= s.deadline || s.outOfOrder() && t.log.newest[s.key] != 0 {
		return
	}
	f.emit(t.change(i, lastmodstore.Modified, s.modified))
}

func (t *Table[K, V]) emitRecord(f *Feed[K, V], n uint64, now int64) {
	r := t.log.at(n)
	if t.log.newest[r.key] != n {
		return // superseded
	}
	i := t.find(r.hash, r.key)
	live := i != none && now < t.slots.at(i).deadline
	switch {
	case r.kind == lastmodstore.Modified && live && t.slots.at(i).outOfOrder():
		f.emit(t.change(i, r.kind, r.at)) // with the key as stored: 0 or -0
	case r.kind != lastmodstore.Modified && !live && r.at > f.removalsAfter:
		f.emit(r.change)
	}
}

// catchUp ends a step of f after which there is nothing more to read.
func (t *Table[K, V]) catchUp(f *Feed[K, V], now int64) {
	if f.cursor.from > t.last {
		t.line.Promise(min(f.cursor.from, now)) // what is merged until then is out of order
	}
	f.cursor.from = max(f.cursor.from, t.last)
	f.More, f.Until = false, t.last
	f.due, f.caughtUp = false, f.due
	f.trim()
}

// emit adds c. Entries that were merged with equal times, and whose arrival has been
// forgotten, still get different times. Such a time, used as a position, is before the
// horizon.
func (f *Feed[K, V]) emit(c change[K, V]) {
	f.last = max(c.at, f.last+1)
	c.at = f.last
	f.changes = append(f.changes, c)
}

// Last returns the time of the latest modification.
func (t *Table[K, V]) Last() int64 { return t.last }
