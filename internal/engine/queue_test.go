package engine

import (
	"container/ring"
	"testing"

	. "github.com/onsi/gomega"
)

func values(q Queue) (all []any) {
	for r := q.sentinel.Next(); r != q.sentinel; r = r.Next() {
		all = append(all, r.Value)
	}
	return all
}

func TestQueueIsFirstInFirstOutAndElementsMayLeave(t *testing.T) {
	g := NewWithT(t)
	elements := make([]ring.Ring, 6)
	q, other := NewQueue(), NewQueue()
	q.PushAll(other)
	g.Expect(q.Empty()).To(BeTrue())
	for i := range elements {
		elements[i].Value = i
		if i < 3 {
			q.Push(&elements[i])
		} else {
			other.Push(&elements[i])
		}
	}
	g.Expect(q.First()).To(Equal(0))
	q.PushAll(other)
	g.Expect(values(q)).To(Equal([]any{0, 1, 2, 3, 4, 5}))
	g.Expect(other.Empty()).To(BeTrue())

	for _, i := range []int{3, 0, 5} {
		g.Expect(Leave(&elements[i])).To(BeTrue())
		g.Expect(Leave(&elements[i])).To(BeFalse())
	}
	g.Expect(values(q)).To(Equal([]any{1, 2, 4}))
	other.Push(&elements[3])
	other.PushAll(q)
	g.Expect(values(other)).To(Equal([]any{3, 1, 2, 4}))
}
