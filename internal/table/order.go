package table

// The modification order: a doubly linked list through the slots, from head
// (least recently modified) to tail. Times along it never decrease; two are
// equal only where Merge brought equal ones.

// nextStamp is the LastModified of a modification at now: later than any before.
func (t *Table[K, V]) nextStamp(now int64) int64 {
	t.last = max(now, t.last+1)
	return t.last
}

func (t *Table[K, V]) linkLast(i uint32) { t.linkAfter(t.tail, i) }

// linkAfter puts slot i behind slot p, or first if p is none.
func (t *Table[K, V]) linkAfter(p, i uint32) {
	s := t.slots.at(i)
	s.prev = p
	if p == none {
		s.next, t.head = t.head, i
	} else {
		ps := t.slots.at(p)
		s.next, ps.next = ps.next, i
	}
	if s.next == none {
		t.tail = i
	} else {
		t.slots.at(s.next).prev = i
	}
}

func (t *Table[K, V]) unlink(i uint32) {
	s := t.slots.at(i)
	if t.hand == i {
		t.hand = s.next
	}
	if t.merged == i {
		t.merged = s.prev
	}
	if s.prev == none {
		t.head = s.next
	} else {
		t.slots.at(s.prev).next = s.next
	}
	if s.next == none {
		t.tail = s.prev
	} else {
		t.slots.at(s.next).prev = s.prev
	}
}

// linkByTime puts slot i where its time belongs, looking from where the last
// merged entry went: a stream in order finds its place at once.
func (t *Table[K, V]) linkByTime(i uint32) {
	m := t.slots.at(i).modified
	p := t.merged
	if p == none || t.slots.at(t.tail).modified <= m {
		p = t.tail
	}
	for p != none && t.slots.at(p).modified > m {
		p = t.slots.at(p).prev
	}
	for p != none {
		next := t.slots.at(p).next
		if next == none || t.slots.at(next).modified >= m {
			break
		}
		p = next
	}
	t.linkAfter(p, i)
	t.merged = i
}
