package table

import (
	"context"
	"iter"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/look"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A Feed is a watcher's place in the log, and what the last step brought.
type Feed[K comparable, V any] struct {
	Changes []change[K, V]
	More    bool  // there may be more; else nothing has happened after Until
	Until   int64 // the latest modification, or what was promised, if there is no more
	Look    bool  // do not wait for more: see package look

	begun, zero bool
	place       way
	last        int64 // time of the last event
	need        int64 // what was forgotten until then is not missed
	born        int64 // removals until then are of no interest
}

// NewFeed is a feed of what happens after since.
func NewFeed[K comparable, V any](line timeline.Timeline, since time.Time) Feed[K, V] {
	at := line.Nanos(since)
	return Feed[K, V]{More: true, zero: since.IsZero(), place: way{from: at}, last: at, need: at, born: at}
}

// KnowsAll says whether f is to wait before its next step.
func (f *Feed[K, V]) KnowsAll() bool { return !f.More && !f.Look }

// Watch brings the next events of f. It may run beside other reads.
//
// Events come from the modification order and from the removal log, merged by
// time. An entry that arrived later than it was modified is shown where it
// arrived, while that is remembered; who could miss it then gets Resync.
func (t *Table[K, V]) Watch(f *Feed[K, V], now int64) {
	f.Changes, f.More = f.Changes[:0], true
	if !f.begun && f.zero {
		f.need, f.born = t.log.horizon, t.last
	}
	f.begun = true
	if t.log.horizon > max(f.place.from, f.need) {
		f.place = way{from: t.last}
		f.need = t.last
		f.emit(change[K, V]{at: t.last, kind: lastmodstore.Resync})
		return
	}
	slot, found := t.resume(&f.place)
	if !found {
		return
	}
	n := t.log.after(f.place.from)
	for links := 0; ; links++ {
		at, isRecord := t.nextAt(slot, n)
		if at == timeline.Never {
			f.place.from = max(f.place.from, t.last)
			f.More, f.Until = false, t.last
			if f.Look {
				f.Until = t.promise(max(t.last, now-1))
			}
			return
		}
		// What has one time goes together, so that from alone tells where to go on.
		if at != f.place.from && (len(f.Changes) >= pageLen || links >= walkLen) {
			if slot != none {
				f.place.trail = append(f.place.trail, waypoint{slot, t.slots.at(slot).modified})
			}
			return
		}
		f.place.from = at
		if isRecord {
			t.showRecord(f, n, now)
			n++
		} else {
			t.showSlot(f, slot, now)
			slot = t.links.at(slot).next
		}
	}
}

// promise notes that whatever happens from now on happens after at: a Merge of
// something older is late.
func (t *Table[K, V]) promise(at int64) int64 {
	for {
		old := t.promised.Load()
		if old >= at || t.promised.CompareAndSwap(old, at) {
			return at
		}
	}
}

// nextAt is the time of slot or of record n, whichever is the earlier.
func (t *Table[K, V]) nextAt(slot uint32, n uint64) (at int64, isRecord bool) {
	at = timeline.Never
	if slot != none {
		at = t.slots.at(slot).modified
	}
	if n < t.log.next && t.log.at(n).at <= at {
		return t.log.at(n).at, true
	}
	return at, false
}

func (t *Table[K, V]) showSlot(f *Feed[K, V], i uint32, now int64) {
	s := t.slots.at(i)
	if now >= s.deadline || s.late() && t.log.newest(s.hash, s.key) != 0 {
		return
	}
	f.emit(t.change(i, lastmodstore.Modified, s.modified))
}

func (t *Table[K, V]) showRecord(f *Feed[K, V], n uint64, now int64) {
	r := t.log.at(n)
	if t.log.newest(r.hash, r.key) != n {
		return // overtaken
	}
	i := t.find(r.hash, r.key)
	live := i != none && now < t.slots.at(i).deadline
	switch {
	case r.kind == lastmodstore.Modified && live && t.slots.at(i).late():
		f.emit(t.change(i, r.kind, r.at)) // of 0 and -0 the one that is held
	case r.kind != lastmodstore.Modified && !live && r.at > f.born:
		f.emit(r.change)
	}
}

// emit adds c. Entries that were merged with one time, and whose arrival
// is forgotten, get times that differ all the same; who resumes from one of
// them is before the horizon.
func (f *Feed[K, V]) emit(c change[K, V]) {
	f.last = max(c.at, f.last+1)
	c.at = f.last
	f.Changes = append(f.Changes, c)
}

// Last is the time of the latest modification.
func (t *Table[K, V]) Last() int64 { return t.last }

// Follow yields the events that step brings. Step waits until there are some,
// unless f is only to look, and answers false when the store is closed or ctx ends.
func Follow[K comparable, V any](ctx context.Context, line timeline.Timeline, done <-chan struct{}, f Feed[K, V], step func(*Feed[K, V]) bool) iter.Seq[lastmodstore.Event[K, V]] {
	return func(yield func(lastmodstore.Event[K, V]) bool) {
		f := f // each loop over it begins anew
		f.Look = look.On(ctx)
		canceled := ctx.Done()
		for !isClosed(canceled) && step(&f) {
			for i := range f.Changes {
				if isClosed(done) || isClosed(canceled) || !yield(f.Changes[i].event(line)) {
					return
				}
			}
			if f.Look && !f.More && !yield(lastmodstore.Event[K, V]{At: line.Time(f.Until)}) {
				return
			}
		}
	}
}

// isClosed costs far less than a select of two channels.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
