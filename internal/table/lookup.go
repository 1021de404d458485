// This file contains all code that runs without a lock, concurrently with a writer.

package table

import "sync/atomic"

// A view is what readers access without a lock. It is replaced as a whole when the
// directory is replaced, and by Clear.
type view[K comparable, V any] struct {
	directory []atomic.Pointer[bucket]
	slots     *published[slot[K, V]]
	marks     *published[mark] // nil if the table has no marks
}

// A Result is the outcome of a look-up.
type Result uint8

const (
	Absent  Result = iota
	Present        // it may have expired
	Hidden         // a batch is being stored: look up again under the lock
)

// Get looks up key and returns its value and deadline, even if the deadline has
// passed: the caller reads the clock afterwards, and need not for an entry that never
// expires. The caller must have entered the readers' domain, hold the lock or be the
// owner.
//
// If the entry has expired when the clock is read, a later version may have replaced
// it before its deadline, and then key was never absent. So key is absent only if a
// look-up that begins after the clock was read finds nothing, or a deadline that had
// passed by then.
func (t *Table[K, V]) Get(h uint32, key K) (value V, deadline int64, r Result) {
	v, i, r := t.lookUp(h, key)
	if r == Present {
		s := v.slots.at(i)
		value, deadline = s.value, s.deadline
		markRead(v.marks, i)
	}
	return value, deadline, r
}

// GetCopy is Get for the whole entry.
func (t *Table[K, V]) GetCopy(h uint32, key K, c *Copy[V]) Result {
	v, i, r := t.lookUp(h, key)
	if r == Present {
		s := v.slots.at(i)
		c.value, c.times, c.ok = s.value, s.times, true
		markRead(v.marks, i)
	}
	return r
}

// PeekCopy is GetCopy for a loop: it sets no mark.
func (t *Table[K, V]) PeekCopy(h uint32, key K, c *Copy[V]) Result {
	v, i, r := t.lookUp(h, key)
	if r == Present {
		s := v.slots.at(i)
		c.value, c.times, c.ok = s.value, s.times, true
	}
	return r
}

// lookUp finds the slot of key.
//
// A slot that it finds is valid, since a slot that a cell refers to does not change
// until the reader leaves. A cell that it does not find may have been moved within the
// bucket during the search, so it then searches again. A bucket or directory that was
// replaced during the search keeps its contents of that moment and is not written any
// more: a look-up that does not find the key there takes effect at that moment.
func (t *Table[K, V]) lookUp(h uint32, key K) (*view[K, V], uint32, Result) {
	v := t.view.Load()
	if v == nil {
		return nil, none, Hidden
	}
	b := v.directory[h&uint32(len(v.directory)-1)].Load()
	for {
		moves := b.moves.Load()
		if i, _ := lookIn(b, v.slots, h, key); i != none {
			return v, i, Present
		}
		if b.moves.Load() == moves {
			return v, none, Absent
		}
	}
}

// lookIn returns the slot of key in b, or none, and its cell.
func lookIn[K comparable, V any](b *bucket, slots *published[slot[K, V]], h uint32, key K) (uint32, *uint64) {
	mask := uint32(len(b.cells) - 1)
	for p := h >> (b.shift & 31); ; p++ {
		at := &b.cells[p&mask]
		c := atomic.LoadUint64(at)
		if c == 0 {
			return none, nil
		}
		if cellHash(c) == h && slots.at(cellSlot(c)).key == key {
			return cellSlot(c), at
		}
	}
}

// A mark is set by a read and cleared by the hand of SIEVE. Tables with a capacity have
// one for each slot, stored apart from the slots, unless they are deterministic.
type mark = atomic.Bool

func markRead(marks *published[mark], i uint32) {
	if marks != nil {
		if m := marks.at(i); !m.Load() { // loads can share the cache line
			m.Store(true)
		}
	}
}
