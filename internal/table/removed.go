package table

import (
	"iter"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A queue holds what was removed until the engine takes it, for OnRemove.
type queue[K comparable, V any] struct {
	listened bool
	removals []Removal[K, V]
}

// A Removal is one removed entry, or all that were removed by one Clear.
type Removal[K comparable, V any] struct {
	change  change[K, V]
	cleared *Cleared[K, V]
}

// Cleared is a table as it was when it was cleared. Nobody changes it any more,
// so it is read outside the lock or the owner.
type Cleared[K comparable, V any] struct {
	slots slots[K, V]
	heap  chunked[due]
	head  uint32
	at    int64
}

// Expired counts the entries that had expired. It costs as much as there were.
func (c *Cleared[K, V]) Expired() int { return c.expiredBelow(0) }

// expiredBelow counts in the part of the heap below item p, whose deadlines are
// no earlier than that of p.
func (c *Cleared[K, V]) expiredBelow(p uint32) (n int) {
	if p >= c.heap.n || c.heap.at(p).deadline > c.at {
		return 0
	}
	if c.slots.at(c.heap.at(p).slot).deadline <= c.at {
		n++
	}
	for child := arity*p + 1; child <= arity*p+arity; child++ {
		n += c.expiredBelow(child)
	}
	return n
}

// RecordRemovals sets whether removals are kept for DrainRemovals.
func (t *Table[K, V]) RecordRemovals(on bool) { t.removed.listened = on }

// DrainRemovals answers what was removed since the last call.
func (t *Table[K, V]) DrainRemovals() []Removal[K, V] {
	taken := t.removed.removals
	t.removed.removals = nil
	return taken
}

// enqueue queues the entry of slot i, which goes at the given time.
func (t *Table[K, V]) enqueue(i uint32, why lastmodstore.EventKind, at int64) {
	if t.removed.listened {
		t.removed.removals = append(t.removed.removals, Removal[K, V]{change: t.change(i, why, at)})
	}
}

// enqueueAll queues all entries, in the order of modification.
func (t *Table[K, V]) enqueueAll(c *Cleared[K, V]) {
	if t.removed.listened && t.Len() > 0 {
		t.removed.removals = append(t.removed.removals, Removal[K, V]{cleared: c})
	}
}

// Len counts the entries that r stands for.
func (r *Removal[K, V]) Len() int {
	if r.cleared == nil {
		return 1
	}
	return int(r.cleared.slots.live)
}

// Events yields what r stands for. An entry that had expired when its table was
// cleared was Expired.
func (r Removal[K, V]) Events(line *timeline.Timeline) iter.Seq[lastmodstore.Event[K, V]] {
	return func(yield func(lastmodstore.Event[K, V]) bool) {
		if r.cleared == nil {
			yield(r.change.event(line))
			return
		}
		c := r.cleared
		for i := c.head; i != none; i = c.slots.links.at(i).next {
			s := c.slots.at(i)
			why := lastmodstore.Cleared
			if s.deadline <= c.at {
				why = lastmodstore.Expired
			}
			gone := change[K, V]{c.at, why, s.key, s.value, s.times}
			if !yield(gone.event(line)) {
				return
			}
		}
	}
}
