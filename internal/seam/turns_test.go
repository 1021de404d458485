package seam

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
)

type testStore struct {
	*Engine
	turns *turns[any]
}

func newEngine() testStore {
	e := New[any](nil, nil, nil)
	return testStore{e, &e.of.(*engine[any]).turns}
}

func TestTurnsFollowOneAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		e := newEngine()
		first := Join[any](e, "k")
		g.Expect(first.queue).To(BeNil(), "no other call contends")
		first.Retry(e, "k")
		g.Expect(first.held).To(BeTrue())

		var order []int
		for i := range 3 {
			go func() {
				turn := Join[any](e, "k")
				g.Expect(turn.held).To(BeTrue())
				order = append(order, i)
				time.Sleep(time.Millisecond)
				turn.End()
			}()
			synctest.Wait()
		}
		other := Join[any](e, "other")
		g.Expect(other.queue).To(BeNil(), "there is no queue for another key")
		g.Expect(order).To(BeEmpty())
		first.End()
		time.Sleep(time.Second)
		synctest.Wait()
		g.Expect(order).To(Equal([]int{0, 1, 2}))
		g.Expect(e.turns.queues).To(BeEmpty())
		g.Expect(e.turns.calls.Load()).To(BeZero())
	})
}

// 11: calls stop waiting for a turn that does not end.
func TestCallsStopWaitingForATurnThatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		e := newEngine()
		var slow Turn[any]
		slow.Retry(e, "k")
		start := time.Now()
		turn := Join[any](e, "k")
		g.Expect(turn.held).To(BeFalse())
		g.Expect(time.Since(start)).To(Equal(maxPatience))
		turn.Retry(e, "k")
		g.Expect(turn.held).To(BeFalse(), "the first turn has still not ended")
		slow.End()
		turn.Retry(e, "k")
		g.Expect(turn.held).To(BeTrue())
		turn.End()
		g.Expect(e.turns.queues).To(BeEmpty())
		turn.End() // does nothing
	})
}

// Calls wait in a queue that moves, however long it is.
func TestCallsWaitInALongQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		e := newEngine()
		var first Turn[any]
		first.Retry(e, "k")
		got := 0
		for range 100 {
			go func() {
				turn := Join[any](e, "k")
				if turn.held {
					got++
				}
				time.Sleep(maxPatience - 1)
				turn.End()
			}()
		}
		synctest.Wait()
		first.End()
		time.Sleep(time.Minute)
		synctest.Wait()
		g.Expect(got).To(Equal(100))
	})
}

// The patience falls when calls wait in vain, and rises again with each turn that ends.
func TestPatienceFallsAndRises(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		e := newEngine()
		var slow Turn[any]
		slow.Retry(e, "k")
		for want := maxPatience; want > minPatience; want /= 2 {
			start := time.Now()
			turn := Join[any](e, "k")
			g.Expect(turn.held).To(BeFalse())
			g.Expect(time.Since(start)).To(Equal(want))
			turn.End()
		}
		slow.End()
		for range 100 {
			var turn Turn[any]
			turn.Retry(e, "k")
			turn.End()
		}
		g.Expect(e.turns.patience()).To(Equal(maxPatience))
	})
}

// 18, 21: an unhashable key panics in the caller, and no lock stays held.
func TestAnUnhashableKeyTakesNoTurn(t *testing.T) {
	g := NewWithT(t)
	e := newEngine()
	var turn Turn[any]
	turn.Retry(e, "k")
	g.Expect(func() { Join[any](e, []int{}) }).To(Panic())
	turn.End()
	turn = Join[any](e, "k")
	g.Expect(e.turns.queues).To(BeEmpty())
}

func TestStoresThatAreNoEnginesAndNaNKeysHaveNoTurns(t *testing.T) {
	g := NewWithT(t)
	turn := Join[any]("no engine", "k")
	turn.Retry("no engine", "k")
	turn.End()
	g.Expect(turn.held).To(BeFalse())

	e := newEngine()
	turn = Join[any](e, math.NaN())
	g.Expect(turn.queue).To(BeNil())
	turn.End()
}

func TestOnlyAnEngineWithAJoinCanBeAShard(t *testing.T) {
	g := NewWithT(t)
	type store struct{ *Engine }
	s := &store{}
	s.Engine = New[int](s, "shard", func([]any) any { return nil })
	shard, _, ok := Shard[int](s)
	g.Expect(ok).To(BeTrue())
	g.Expect(shard).To(Equal("shard"))
	_, _, ok = Shard[int](struct{ *store }{s})
	g.Expect(ok).To(BeFalse(), "a type that embeds an engine")
	_, _, ok = Shard[string](s)
	g.Expect(ok).To(BeFalse(), "keys of another type")
	_, _, ok = Shard[int](nil)
	g.Expect(ok).To(BeFalse())
	s.Engine = New[int](s, "shard", nil)
	_, _, ok = Shard[int](s)
	g.Expect(ok).To(BeFalse(), "an engine without a join")
}
