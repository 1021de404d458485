package table

import (
	"sync/atomic"

	"github.com/lastmodstore/lastmodstore"
)

// mark is set by a read and cleared by the hand. Bounded tables have one per
// slot, beside the slots: readers that share a lock may set it, so it is atomic.
type mark = atomic.Bool

func (t *Table[K, V]) bounded() bool { return t.config.MaxEntries > 0 }

func (t *Table[K, V]) markRead(i uint32) {
	if t.bounded() {
		if m := t.marks.at(i); !m.Load() { // a load shares the cache line
			m.Store(true)
		}
	}
}

// makeRoom makes room for n new entries, which the bound must be able to hold
// when RejectWhenFull is set, and answers ErrFull if it may not.
func (t *Table[K, V]) makeRoom(n int, now int64) error {
	if !t.bounded() {
		return nil
	}
	for t.Len()+n > t.config.MaxEntries {
		slot, _ := t.expiredSlot(now, int(t.heap.n)+1)
		switch {
		case slot != none:
			t.expire(slot)
		case t.config.RejectWhenFull:
			return lastmodstore.ErrFull
		default:
			t.evict()
		}
	}
	return nil
}

// evict removes the entry that SIEVE chooses.
func (t *Table[K, V]) evict() {
	i := t.hand
	for {
		if i == none {
			i = t.head
		}
		if !t.marks.at(i).CompareAndSwap(true, false) {
			break
		}
		i = t.links.at(i).next
	}
	t.hand = i // remove moves it on
	t.remove(i)
	t.stats.Evictions++
}
