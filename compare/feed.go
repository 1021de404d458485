package compare

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

type event = lastmodstore.Event[string, int]

// take returns the next n events after since, without CaughtUp.
func (t *tester) take(s stringStore, since time.Time, n int) (events []event) {
	t.Helper()
	t.concurrently(1, func(_ int, c *caller) {
		for e := range s.Watch(context.Background(), since) {
			c.returned()
			if e.Kind == lastmodstore.CaughtUp {
				continue
			}
			if events = append(events, e); len(events) == n {
				return
			}
		}
	})
	t.Expect(events).To(HaveLen(n))
	return events
}

// describe returns the events as text: kind, key and value of each.
func describe(events []event) (all []string) {
	for _, e := range events {
		all = append(all, fmt.Sprint(e.Kind, " ", e.Key, " ", e.Entry.Value))
	}
	return all
}

func feed(c *cases) {
	c = c.with(Feed)
	caughtUp(c)
	c.add("24: yields the live entries first, then what follows", func(t *tester) {
		s := t.open(lastmodstore.RemovalLog(100)) // from the start, not from the first Watch
		t.set(s, "a", 1, 0)
		t.set(s, "b", 2, 0)
		t.set(s, "a", 3, 0)
		t.Expect(s.Delete("b")).To(BeTrue())
		first := t.take(s, time.Time{}, 1)
		t.Expect(describe(first)).To(Equal([]string{"Modified a 3"}))
		t.Expect(first[0].At).To(BeTemporally("==", first[0].Entry.LastModified))
		t.set(s, "c", 4, 0)
		s.Delete("a")
		t.Expect(describe(t.take(s, first[0].At, 3))).To(Equal([]string{"Deleted b 2", "Modified c 4", "Deleted a 3"}))
	})
	c.add("24: waits, and skips what was superseded", func(t *tester) {
		s := t.open()
		t.set(s, "a", 1, 0)
		arrived := make(chan event)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		t.Go(func() {
			defer close(ended)
			for e := range s.Watch(ctx, time.Time{}) {
				select {
				case arrived <- e:
				case <-ctx.Done():
				}
			}
		})
		t.Eventually(arrived).Should(Receive(HaveField("Key", "a")))
		t.Eventually(arrived).Should(Receive(HaveField("Kind", lastmodstore.CaughtUp)))
		t.Consistently(arrived, "20ms").ShouldNot(Receive())
		t.set(s, "b", 1, 0)
		var b event
		t.Eventually(arrived).Should(Receive(&b))
		t.Expect(b.Key).To(Equal("b"))
		t.set(s, "c", 1, 0)
		t.set(s, "c", 2, 0)
		cancel()
		t.Eventually(ended).Should(BeClosed())
		t.Expect(describe(t.take(s, b.At, 1))).To(Equal([]string{"Modified c 2"}))
	})
	c.with(Merging, Capacity).add("24: reports a Merge of an older entry on arrival, and what was evicted", func(t *tester) {
		s := t.open(lastmodstore.MaxEntries(2), lastmodstore.RemovalLog(100))
		now := t.set(s, "a", 1, 0)
		t.Expect(s.Merge("old", entry{Value: 2, LastModified: now.LastModified.Add(-time.Hour)})).To(BeTrue())
		events := t.take(s, now.LastModified, 1)
		t.Expect(describe(events)).To(Equal([]string{"Modified old 2"}))
		t.Expect(events[0].At).To(BeTemporally(">", now.LastModified))
		t.Expect(events[0].Entry.LastModified).To(BeTemporally("<", now.LastModified))
		t.Expect(s.Set("b", 3, 0)).To(Succeed())
		t.Expect(describe(t.take(s, events[0].At, 2))).To(Equal([]string{"Evicted old 2", "Modified b 3"}))
	})
	c.add("25: yields Resync to a watcher that asks for more than is remembered, and after Clear", func(t *tester) {
		s := t.open(lastmodstore.RemovalLog(1))
		mark := t.set(s, "a", 1, 0)
		t.set(s, "b", 1, 0)
		s.Delete("a")
		t.Expect(describe(t.take(s, mark.LastModified, 2))).To(Equal([]string{"Modified b 1", "Deleted a 1"}))
		s.Delete("b")
		events := t.take(s, mark.LastModified, 1)
		t.Expect(events[0].Kind).To(Equal(lastmodstore.Resync))
		t.set(s, "c", 1, 0)
		t.Expect(describe(t.take(s, events[0].At, 1))).To(Equal([]string{"Modified c 1"}))
		t.Expect(s.Clear()).To(Succeed())
		t.Expect(t.take(s, events[0].At, 1)[0].Kind).To(Equal(lastmodstore.Resync))
		t.set(s, "d", 1, 0)
		t.Expect(describe(t.take(s, time.Time{}, 1))).To(Equal([]string{"Modified d 1"}))
	})
	c.add("20, 21: a watch ends with its context, its body and the store", func(t *tester) {
		s := t.open()
		over, cancel := context.WithCancel(context.Background())
		cancel()
		for range s.Watch(over, time.Time{}) {
			t.Error("the context has ended")
		}
		ended := make(chan struct{})
		t.Go(func() {
			defer close(ended)
			for range s.Watch(context.Background(), time.Time{}) {
			}
		})
		t.Consistently(ended, "20ms").ShouldNot(BeClosed())
		t.Expect(s.Close()).To(Succeed())
		t.Eventually(ended).Should(BeClosed())
		for range s.Watch(context.Background(), time.Time{}) {
			t.Error("the store is closed")
		}
	})
}
