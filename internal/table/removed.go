package table

import (
	"iter"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A removalQueue holds removals for OnRemove until the engine drains it.
type removalQueue[K comparable, V any] struct {
	recording bool
	removals  []Removal[K, V]
}

// A Removal is one removed entry, or all entries removed by one Clear.
type Removal[K comparable, V any] struct {
	change  change[K, V]
	cleared *Cleared[K, V]
}

// Cleared is a table as it was when it was cleared. It does not change any more, so it
// can be read outside the lock or the owner.
type Cleared[K comparable, V any] struct {
	slots slots[K, V]
	heap  chunked[heapItem]
	head  uint32
	at    int64
}

// Expired returns the number of entries that had expired. Its cost is proportional to
// that number.
func (c *Cleared[K, V]) Expired() int { return c.expiredBelow(0) }

// expiredBelow counts the expired entries in the subtree of heap item p. None of its
// items is due before p.
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
func (t *Table[K, V]) RecordRemovals(on bool) { t.removed.recording = on }

// DrainRemovals returns the removals since the last call.
func (t *Table[K, V]) DrainRemovals() []Removal[K, V] {
	taken := t.removed.removals
	t.removed.removals = nil
	return taken
}

// enqueue queues the removal of the entry of slot i at the given time.
func (t *Table[K, V]) enqueue(i uint32, why lastmodstore.EventKind, at int64) {
	if t.removed.recording {
		t.removed.removals = append(t.removed.removals, Removal[K, V]{change: t.change(i, why, at)})
	}
}

// enqueueAll queues the removal of all entries, in modification order.
func (t *Table[K, V]) enqueueAll(c *Cleared[K, V]) {
	if t.removed.recording && t.Len() > 0 {
		t.removed.removals = append(t.removed.removals, Removal[K, V]{cleared: c})
	}
}

// Len returns the number of entries that r stands for.
func (r *Removal[K, V]) Len() int {
	if r.cleared == nil {
		return 1
	}
	return int(r.cleared.slots.live)
}

// Events yields the events that r stands for. The kind of an entry that had expired
// when its table was cleared is Expired.
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
			removed := change[K, V]{c.at, why, s.key, s.value, s.times}
			if !yield(removed.event(line)) {
				return
			}
		}
	}
}
