package table

import (
	"math"

	"github.com/lastmodstore/lastmodstore"
)

func (t *Table[K, V]) hasCapacity() bool { return t.config.MaxEntries > 0 }

func (t *Table[K, V]) isBounded() bool { return t.hasCapacity() || t.config.MaxWeight > 0 }

// hasMarks reports whether reads have a say in what is evicted.
func (t *Table[K, V]) hasMarks() bool { return t.isBounded() && !t.config.Deterministic }

// makeRoom makes room for one insertion. It returns ErrFull if there is none.
func (t *Table[K, V]) makeRoom(now int64) error {
	if !t.hasCapacity() {
		t.expireSome(now)
		return nil
	}
	err := t.expireFor(1, now)
	if err == nil {
		t.evictFor(1, math.MaxInt64, now)
	}
	return err
}

// expireSome removes up to two expired entries, so that insertions cannot outrun the
// sweep. A deterministic table leaves that to its sweeps, which are writes: how many items
// must be fixed up first depends on the heap's history.
func (t *Table[K, V]) expireSome(now int64) {
	if t.config.Deterministic {
		return
	}
	for range 2 {
		if slot, _ := t.expiredSlot(now, 2); slot != none {
			t.expire(slot, now)
		}
	}
}

// expireFor removes expired entries until there is room for n more or none is left.
// In the latter case it returns ErrFull if the table does not evict.
func (t *Table[K, V]) expireFor(n int, now int64) error {
	return t.expireWhile(func() bool { return t.Len()+n > t.config.MaxEntries }, now)
}

// expireWhile removes expired entries while there is no room. If none is left, it returns
// ErrFull if the table does not evict.
func (t *Table[K, V]) expireWhile(isFull func() bool, now int64) error {
	for isFull() {
		slot, _ := t.expiredSlot(now, int(t.heap.n)+1)
		if slot == none {
			if t.config.RejectWhenFull {
				return lastmodstore.ErrFull
			}
			return nil
		}
		t.expire(slot, now)
	}
	return nil
}

// evictFor evicts entries until there is room for n more. It spares those modified at
// newest or later; there must be older ones.
func (t *Table[K, V]) evictFor(n int, newest, now int64) {
	for t.Len()+n > t.config.MaxEntries {
		t.evict(newest, now)
	}
}

// evict removes the entry that SIEVE chooses or, if there are no marks, the least
// recently modified one.
func (t *Table[K, V]) evict(newest, now int64) {
	i := t.head
	if t.slots.marks != nil {
		i = t.unmarked(newest, none, 0)
		t.hand = i // remove advances it
	}
	t.remove(i, lastmodstore.Evicted, now)
	t.stats.Evictions++
}

// unmarked moves the hand of SIEVE to the first entry that has not been read, and
// returns it. Readers may set marks as fast as the hand clears them, so it passes each
// entry at most once. It leaves out slot spared and entries that weigh less than least.
func (t *Table[K, V]) unmarked(newest int64, spared uint32, least uint64) uint32 {
	i := t.hand
	for passed := 0; ; passed++ {
		if i == none || t.slots.at(i).modified >= newest {
			i = t.head
		}
		if i == spared || t.weightOf(i) < least {
			i = t.slots.links.at(i).next
			continue
		}
		if !t.slots.marks.at(i).CompareAndSwap(true, false) || passed > t.Len() {
			return i
		}
		i = t.slots.links.at(i).next
	}
}
