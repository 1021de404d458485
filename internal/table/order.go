package table

import "time"

// The modification order is a doubly linked list of the slots, from head (least
// recently modified) to tail. Times never decrease along it. Two are equal only if
// Merge stored equal ones.

// nextStamp returns the LastModified of a modification at now: later than all earlier
// ones and than the watermark, up to which readers have been promised no more changes.
func (t *Table[K, V]) nextStamp(now int64) int64 {
	t.last = max(now, t.last+1, t.line.Watermark()+1)
	if t.shardMask > 0 && t.last < max(now, t.line.Merged())+maxAhead {
		t.last += (t.shard - t.last) & t.shardMask
	}
	return t.last
}

// maxAhead bounds how far the stamps of a shard may run ahead of the clock, or of what
// was merged ahead of the clock, in order to differ from those of the other shards.
// They reach it only if one of over a hundred shards gets all writes for a long time.
const maxAhead = int64(100 * time.Microsecond)

func (t *Table[K, V]) linkLast(i uint32) {
	m := t.slots.links.at(i)
	m.prev, m.next = t.tail, none
	if t.tail == none {
		t.head = i
	} else {
		t.slots.links.at(t.tail).next = i
	}
	t.tail = i
}

// linkAfter inserts slot i after slot p, or first if p is none.
func (t *Table[K, V]) linkAfter(p, i uint32) {
	next := t.head
	if p != none {
		next = t.slots.links.at(p).next
	}
	t.join(p, i)
	t.join(i, next)
}

func (t *Table[K, V]) unlink(i uint32) {
	l := t.slots.links.at(i)
	if t.hand == i {
		t.hand = l.next
	}
	if t.mergeHint == i {
		if t.mergeHint = l.prev; t.mergeHint == none {
			t.mergeHint = l.next
		}
	}
	t.join(l.prev, l.next)
}

// join makes slot n the successor of slot p. If either is none, the other becomes an
// end of the list.
func (t *Table[K, V]) join(p, n uint32) {
	if p == none {
		t.head = n
	} else {
		t.slots.links.at(p).next = n
	}
	if n == none {
		t.tail = p
	} else {
		t.slots.links.at(n).prev = p
	}
}

// linkByTime inserts slot i in order of time. It searches from where the last merged
// entry was inserted: in a stream that is in order, each position is found at once. In a
// deterministic table that must not decide the order of entries with equal times, so
// slot i becomes the last of them.
func (t *Table[K, V]) linkByTime(i uint32) {
	m := t.slots.at(i).modified
	before := m // the time of the next entry is this or later
	if t.config.Deterministic {
		before++
	}
	p := t.mergeHint
	if p == none || t.slots.at(t.tail).modified <= m {
		p = t.tail
	}
	for p != none && t.slots.at(p).modified > m {
		p = t.slots.links.at(p).prev
	}
	for p != none {
		next := t.slots.links.at(p).next
		if next == none || t.slots.at(next).modified >= before {
			break
		}
		p = next
	}
	t.linkAfter(p, i)
	t.mergeHint = i
}

// replaceInOrder replaces slot i with slot j in the modification order.
func (t *Table[K, V]) replaceInOrder(i, j uint32) {
	if i != j {
		l := t.slots.links.at(i)
		t.join(l.prev, j)
		t.join(j, l.next)
	}
}
