package engine

import "container/ring"

// A Queue is a first-in, first-out queue. An element is a ring of length one, whose
// Value identifies what waits, and can leave from any position in constant time.
type Queue struct{ sentinel *ring.Ring }

// NewQueue returns an empty queue.
func NewQueue() Queue { return Queue{ring.New(1)} }

// Empty reports whether q has no elements.
func (q Queue) Empty() bool { return q.sentinel.Next() == q.sentinel }

// Push adds r at the end of q.
func (q Queue) Push(r *ring.Ring) { q.sentinel.Prev().Link(r) }

// First returns the value of the first element; there must be one.
func (q Queue) First() any { return q.sentinel.Next().Value }

// PushAll moves all elements of other to the end of q, in order.
func (q Queue) PushAll(other Queue) {
	if other.Empty() {
		return
	}
	first, last := other.sentinel.Next(), other.sentinel.Prev()
	last.Link(first) // removes the sentinel from the ring
	q.sentinel.Prev().Link(first)
}

// Leave removes r from its queue and reports whether it was in one.
func Leave(r *ring.Ring) bool {
	if r.Next() == r {
		return false
	}
	r.Prev().Unlink(1)
	return true
}
