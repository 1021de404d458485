package lastmodstore_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
)

func Example_auditTrail() {
	s := actor.New[string, string](0)
	s.OnRemove(func(order string, was lastmodstore.Entry[string], why lastmodstore.EventKind) {
		fmt.Println(order, "was", was.Value, "until", why)
	})
	s.Set("order-1", "placed", lastmodstore.NoExpiry)
	s.Set("order-1", "paid", lastmodstore.NoExpiry)
	s.Set("order-1", "sent", lastmodstore.NoExpiry)
	s.Delete("order-1")
	s.Close() // returns when everything has been reported
	// Output:
	// order-1 was placed until Replaced
	// order-1 was paid until Replaced
	// order-1 was sent until Deleted
}

// A transition is one element of a trail: a state that ended.
type transition struct {
	was   int
	since time.Time
	why   lastmodstore.EventKind
}

// record appends the transitions of s to trail. Read trail after closing the store.
func record(s lastmodstore.Store[string, int], trail *[]transition) {
	s.OnRemove(func(_ string, was lastmodstore.Entry[int], why lastmodstore.EventKind) {
		*trail = append(*trail, transition{was.Value, was.LastModified, why})
	})
}

// 27: OnRemove reports each removed value exactly once, in order.
func TestAuditTrailHasEveryTransitionOnce(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, int]) {
		var trail []transition
		record(s, &trail)
		concurrently(4, func(int, *rand.Rand) {
			for range 250 {
				lastmodstore.Add(s, "state", 1, lastmodstore.NoExpiry)
			}
		})
		s.Close()
		g.Expect(trail).To(HaveLen(999), "the last one was not replaced")
		for i, state := range trail {
			g.Expect(state.was).To(Equal(i + 1))
			g.Expect(state.why).To(Equal(lastmodstore.Replaced))
		}
	})
}

func TestAuditTrailOmitsTransitionsThatLostTheRace(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, int]) {
		var trail []transition
		record(s, &trail)
		won := make([][]int, 4)
		concurrently(4, func(i int, _ *rand.Rand) {
			for n := range 100 {
				seen, _ := s.GetLastModified("state")
				state := i*1000 + n + 1
				if _, ok, _ := s.SetIfUnmodifiedSince("state", state, lastmodstore.NoExpiry, seen); ok {
					won[i] = append(won[i], state)
				}
			}
		})
		s.Delete("state")
		s.Close()
		reported := make([][]int, 4)
		for _, state := range trail {
			i := state.was / 1000
			reported[i] = append(reported[i], state.was)
		}
		g.Expect(reported).To(Equal(won))
	})
}

func TestAuditTrailContinuesAfterARestart(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, int]) {
		var trail []transition
		record(s, &trail)
		began := time.Now()
		s.Set("state", 1, lastmodstore.NoExpiry)
		time.Sleep(time.Second)
		s.Set("state", 2, lastmodstore.NoExpiry)
		time.Sleep(time.Second)
		s = restart(g, s)
		record(s, &trail)
		s.Set("state", 3, lastmodstore.NoExpiry)
		s.Close()
		g.Expect(trail).To(HaveLen(2))
		for i, state := range trail {
			g.Expect(state.was).To(Equal(i + 1))
			g.Expect(state.since).To(BeTemporally("==", began.Add(time.Duration(i)*time.Second)))
			g.Expect(state.why).To(Equal(lastmodstore.Replaced))
		}
	})
}

func TestAuditTrailHasEveryStateThatClearEnded(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, int]) {
		var trail []transition
		record(s, &trail)
		for i := range 10 {
			s.Set(fmt.Sprint(i), i, lastmodstore.NoExpiry)
		}
		s.Clear()
		s.Close()
		g.Expect(trail).To(HaveLen(10))
		for _, state := range trail {
			g.Expect(state.why).To(Equal(lastmodstore.Cleared))
		}
	})
}
