package engine

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// removals returns the removals of "a" by Delete and of three other keys by Clear.
func removals(g Gomega) (*timeline.Timeline, []table.Removal[string, int]) {
	c := config.New[func(*config.Config)](nil)
	t := table.New[string, int](c.Line, c)
	t.RecordRemovals(true)
	set := func(key string) { g.Expect(t.Set(uint32(key[0]), key, 1, 0, c.Line.Now())).To(Succeed()) }
	set("a")
	g.Expect(t.Delete('a', "a", c.Line.Now())).To(BeTrue())
	for _, key := range []string{"b", "c", "d"} {
		set(key)
	}
	t.Clear(c.Line.Now())
	return c.Line, t.DrainRemovals()
}

// 27: each removed value is reported exactly once, in order, and is no longer pending
// or retained afterwards.
func TestListenerDeliversEachRemovalOnceAndReleasesIt(t *testing.T) {
	g := NewWithT(t)
	line, removed := removals(g)
	var l *Listener[string, int]
	var got []string
	l = NewListener(func(key string, _ lastmodstore.Entry[int], why lastmodstore.EventKind) {
		got = append(got, fmt.Sprint(key, " ", why, " ", l.Pending()))
		if key == "b" {
			g.Expect(removed[0]).To(BeZero(), "a delivered removal is retained during the next call")
		}
	})
	l.Expect(removed)
	g.Expect(l.Deliver(line, removed)).To(BeTrue())
	g.Expect(got).To(Equal([]string{"a Deleted 4", "b Cleared 3", "c Cleared 2", "d Cleared 1"}))
	g.Expect(l.Pending()).To(BeZero())
	g.Expect(removed).To(HaveEach(BeZero()))
}

// A stopped listener is not called again, not even for the rest of one Clear.
func TestStoppedListenerIsNotCalledAgain(t *testing.T) {
	g := NewWithT(t)
	line, removed := removals(g)
	var l *Listener[string, int]
	calls := 0
	l = NewListener(func(key string, _ lastmodstore.Entry[int], _ lastmodstore.EventKind) {
		if calls++; key == "b" {
			l.Stop()
		}
	})
	l.Expect(removed)
	g.Expect(l.Deliver(line, removed)).To(BeFalse())
	g.Expect(calls).To(Equal(2))
	g.Expect(l.Deliver(line, removed)).To(BeFalse())
	g.Expect(calls).To(Equal(2))
}
