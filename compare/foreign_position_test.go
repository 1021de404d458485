package compare_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
)

// eachInBubble runs test in a bubble with a store of each engine, also behind one
// shard and behind four.
func eachInBubble(t *testing.T, test func(g Gomega, open func() stringStore)) {
	engines := tested()
	for _, e := range compare.Engines() {
		engines = append(engines, compare.Shards(4, e))
	}
	for _, e := range engines {
		t.Run(e.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				test(NewWithT(t), func() stringStore { return e.Strings(0, lastmodstore.RemovalLog(1000)) })
			})
		})
	}
}

// eventsNow returns the events after since that can be had while the clock stands.
func eventsNow(s stringStore, since time.Time) (events []lastmodstore.Event[string, int]) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for e := range s.Watch(ctx, since) {
			events = append(events, e)
		}
	}()
	synctest.Wait()
	cancel()
	synctest.Wait()
	return events
}

// 25: a position ahead of everything that the store can have given is that of an
// earlier store, whose times were ahead of the clock: what is missed is not known.
func TestTimingOfAPositionAheadOfTheStore(t *testing.T) {
	eachInBubble(t, func(g Gomega, open func() stringStore) {
		old := open()
		g.Expect(old.Merge("a", intEntry{LastModified: time.Now().Add(50 * time.Second)})).To(BeTrue())
		g.Expect(old.Set("b", 1, 0)).To(Succeed())
		position, ok := old.GetLastModified("b")
		g.Expect(ok).To(BeTrue())
		old.Close()

		time.Sleep(5 * time.Second)
		for entries := range 3 {
			s := open()
			for i := range entries {
				g.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
			}
			events := eventsNow(s, position)
			g.Expect(events).NotTo(BeEmpty())
			first := events[0]
			g.Expect(first.Kind).To(Equal(lastmodstore.Resync))
			g.Expect(first.At.Before(position)).To(BeTrue(), "a position of this store")

			g.Expect(s.Set("c", 7, 0)).To(Succeed())
			time.Sleep(time.Millisecond)
			next := eventsNow(s, first.At)
			g.Expect(next).NotTo(BeEmpty(), "and from there it goes on")
			g.Expect(next[len(next)-1].Key).To(Equal("c"))
			g.Expect(next[0].Kind).To(Equal(lastmodstore.Modified))
			s.Close()
		}
	})
}

// 25: no position that the store itself gave is taken for such a one, however far
// its times are ahead of a clock that stands still.
func TestTimingOfPositionsThatTheStoreGave(t *testing.T) {
	for name, prepare := range map[string]func(s stringStore){
		"many writes":   func(stringStore) {},
		"a Merge ahead": func(s stringStore) { s.Merge("a", intEntry{LastModified: time.Now().Add(50 * time.Second)}) },
	} {
		t.Run(name, func(t *testing.T) {
			eachInBubble(t, func(g Gomega, open func() stringStore) {
				s := open()
				defer s.Close()
				prepare(s)
				var positions []time.Time
				for i := range 40 {
					key := fmt.Sprint(i)
					g.Expect(s.Set(key, i, 0)).To(Succeed())
					at, _ := s.GetLastModified(key)
					positions = append(positions, at)
					if i%3 == 0 {
						s.Delete(key)
					}
				}
				resync := eventsNow(s, time.Now().Add(-time.Hour))
				g.Expect(resync[0].Kind).To(Equal(lastmodstore.Resync))
				for _, e := range append(resync, eventsNow(s, time.Time{})...) {
					positions = append(positions, e.At)
				}
				for _, at := range positions {
					for _, e := range eventsNow(s, at) {
						g.Expect(e.Kind).NotTo(Equal(lastmodstore.Resync), "from %v", at)
					}
				}
			})
		})
	}
}
