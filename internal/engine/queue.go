package engine

import "container/ring"

// A Queue is first come, first served. Its elements are rings of one, whose
// values say what waits; they can leave from anywhere in constant time.
type Queue struct{ sentinel *ring.Ring }

// NewQueue returns an empty queue.
func NewQueue() Queue { return Queue{ring.New(1)} }

// Empty reports whether nothing waits in q.
func (q Queue) Empty() bool { return q.sentinel.Next() == q.sentinel }

// Push puts r at the end of q.
func (q Queue) Push(r *ring.Ring) { q.sentinel.Prev().Link(r) }

// First returns the value of the first element; there must be one.
func (q Queue) First() any { return q.sentinel.Next().Value }

// PushAll moves the elements of other, in their order, to the end of q.
func (q Queue) PushAll(other Queue) {
	if other.Empty() {
		return
	}
	first, last := other.sentinel.Next(), other.sentinel.Prev()
	last.Link(first) // takes the sentinel out of the ring
	q.sentinel.Prev().Link(first)
}

// Leave takes r out of its queue and reports whether it was in one.
func Leave(r *ring.Ring) bool {
	if r.Next() == r {
		return false
	}
	r.Prev().Unlink(1)
	return true
}
