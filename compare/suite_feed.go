package compare

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

type event = lastmodstore.Event[string, int]

// take returns the next n events after since.
func take(s stringStore, since time.Time, n int) (events []event) {
	GinkgoHelper()
	concurrently(1, func(_ int, c *Caller) {
		for e := range s.Watch(context.Background(), since) {
			c.Returned()
			if events = append(events, e); len(events) == n {
				return
			}
		}
	})
	Expect(events).To(HaveLen(n))
	return events
}

// told returns the events as text: kind, key and value of each.
func told(events []event) (all []string) {
	for _, e := range events {
		all = append(all, fmt.Sprint(e.Kind, " ", e.Key, " ", e.Entry.Value))
	}
	return all
}

func feed(e Engine) {
	It("24: yields the live entries first, then what follows", func() {
		s := opened(e, lastmodstore.RemovalLog(100)) // from the start, not from the first Watch
		set(s, "a", 1, 0)
		set(s, "b", 2, 0)
		set(s, "a", 3, 0)
		Expect(s.Delete("b")).To(BeTrue())
		first := take(s, time.Time{}, 1)
		Expect(told(first)).To(Equal([]string{"Modified a 3"}))
		Expect(first[0].At).To(BeTemporally("==", first[0].Entry.LastModified))
		set(s, "c", 4, 0)
		s.Delete("a")
		Expect(told(take(s, first[0].At, 3))).To(Equal([]string{"Deleted b 2", "Modified c 4", "Deleted a 3"}))
	})
	It("24: waits, and skips what was superseded", func() {
		s := opened(e)
		set(s, "a", 1, 0)
		arrived := make(chan event)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for e := range s.Watch(ctx, time.Time{}) {
				select {
				case arrived <- e:
				case <-ctx.Done():
				}
			}
		}()
		Eventually(arrived).Should(Receive(HaveField("Key", "a")))
		Consistently(arrived, "20ms").ShouldNot(Receive())
		set(s, "b", 1, 0)
		var b event
		Eventually(arrived).Should(Receive(&b))
		Expect(b.Key).To(Equal("b"))
		set(s, "c", 1, 0)
		set(s, "c", 2, 0)
		cancel()
		Eventually(ended).Should(BeClosed())
		Expect(told(take(s, b.At, 1))).To(Equal([]string{"Modified c 2"}))
	})
	It("24: reports a Merge of an older entry on arrival, and what was evicted", func() {
		s := opened(e, lastmodstore.MaxEntries(2), lastmodstore.RemovalLog(100))
		now := set(s, "a", 1, 0)
		Expect(s.Merge("old", entry{Value: 2, LastModified: now.LastModified.Add(-time.Hour)})).To(BeTrue())
		events := take(s, now.LastModified, 1)
		Expect(told(events)).To(Equal([]string{"Modified old 2"}))
		Expect(events[0].At).To(BeTemporally(">", now.LastModified))
		Expect(events[0].Entry.LastModified).To(BeTemporally("<", now.LastModified))
		Expect(s.Set("b", 3, 0)).To(Succeed())
		Expect(told(take(s, events[0].At, 2))).To(Equal([]string{"Evicted old 2", "Modified b 3"}))
	})
	It("25: yields Resync to a watcher that asks for more than is remembered, and after Clear", func() {
		s := opened(e, lastmodstore.RemovalLog(1))
		mark := set(s, "a", 1, 0)
		set(s, "b", 1, 0)
		s.Delete("a")
		Expect(told(take(s, mark.LastModified, 2))).To(Equal([]string{"Modified b 1", "Deleted a 1"}))
		s.Delete("b")
		events := take(s, mark.LastModified, 1)
		Expect(events[0].Kind).To(Equal(lastmodstore.Resync))
		set(s, "c", 1, 0)
		Expect(told(take(s, events[0].At, 1))).To(Equal([]string{"Modified c 1"}))
		Expect(s.Clear()).To(Succeed())
		Expect(take(s, events[0].At, 1)[0].Kind).To(Equal(lastmodstore.Resync))
		set(s, "d", 1, 0)
		Expect(told(take(s, time.Time{}, 1))).To(Equal([]string{"Modified d 1"}))
	})
	It("20, 21: a watch ends with its context, its body and the store", func() {
		s := opened(e)
		over, cancel := context.WithCancel(context.Background())
		cancel()
		for range s.Watch(over, time.Time{}) {
			Fail("the context has ended")
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for range s.Watch(context.Background(), time.Time{}) {
			}
		}()
		Consistently(ended, "20ms").ShouldNot(BeClosed())
		Expect(s.Close()).To(Succeed())
		Eventually(ended).Should(BeClosed())
		for range s.Watch(context.Background(), time.Time{}) {
			Fail("the store is closed")
		}
	})
	It("27: OnRemove reports each removed value once, in order, until Close", func() {
		s := opened(e, lastmodstore.MaxEntries(3))
		var all []string
		s.OnRemove(func(key string, e entry, why lastmodstore.EventKind) {
			all = append(all, fmt.Sprint(why, " ", key, " ", e.Value))
			s.Len() // may call the store
		})
		Expect(s.Set("a", 1, 0)).To(Succeed())
		Expect(s.Set("a", 2, 0)).To(Succeed())
		Expect(s.Delete("a")).To(BeTrue())
		Expect(s.Set("b", 3, time.Nanosecond)).To(Succeed())
		Eventually(s.Cleanup).Should(Equal(1))
		for i := range 4 {
			Expect(s.Set(fmt.Sprint("c", i), i, 0)).To(Succeed())
		}
		Expect(s.Clear()).To(Succeed())
		Expect(s.Set("left", 9, 0)).To(Succeed())
		Expect(s.Close()).To(Succeed())
		Expect(all).To(Equal([]string{"Replaced a 1", "Deleted a 2", "Expired b 3", "Evicted c0 0", "Cleared c1 1", "Cleared c2 2", "Cleared c3 3"}))
	})
	It("27: OnRemove reports nothing for a value that is kept", func() {
		s := opened(e)
		set(s, "a", 1, time.Hour)
		s.OnRemove(func(string, entry, lastmodstore.EventKind) { Fail("the value is still there") })
		Expect(s.Touch("a", time.Minute)).To(BeTrue())
		Expect(s.Touch("a", lastmodstore.KeepTTL)).To(BeTrue())
		Expect(s.Merge("a", entry{Value: 2, LastModified: time.Now().Add(-time.Hour)})).To(BeFalse())
		Expect(s.SetIfUnmodifiedSince("a", 2, 0, time.Time{})).Error().NotTo(HaveOccurred())
		Expect(s.Close()).To(Succeed())
	})
	It("27: OnRemove may be registered several times and stopped, also from within", func() {
		s := opened(e)
		var one, two atomic.Int32
		var stop func()
		ready := make(chan struct{})
		stop = s.OnRemove(func(string, entry, lastmodstore.EventKind) {
			<-ready
			if one.Add(1) == 3 {
				stop()
			}
		})
		close(ready)
		s.OnRemove(func(string, entry, lastmodstore.EventKind) { two.Add(1) })
		for i := range 10 {
			set(s, "a", i, 0)
		}
		Expect(s.Close()).To(Succeed())
		Expect([]int32{one.Load(), two.Load()}).To(Equal([]int32{3, 9}))
		stop()
		s.OnRemove(func(string, entry, lastmodstore.EventKind) { Fail("the store is closed") })()
	})
	It("27: OnRemove misses none of 100,000 that expire at once, nor what is removed during Close", func() {
		s := e.Strings(time.Millisecond)
		var handed atomic.Int64
		var p Progress
		expired, c := make(chan struct{}), p.Caller()
		s.OnRemove(func(string, entry, lastmodstore.EventKind) {
			c.Returned()
			if handed.Add(1) == 100_000 {
				close(expired)
			}
		})
		for i := range 100_000 {
			Expect(s.Set(fmt.Sprint(i), i, 100*time.Millisecond)).To(Succeed())
		}
		Expect(p.Await(expired)).To(Succeed())
		Expect(s.Len()).To(BeZero())
		for i := range 1000 {
			Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
		}
		var deleted atomic.Int64
		concurrently(4, func(i int, c *Caller) {
			for n := i; n < 1000; n += 4 {
				c.Returned()
				if i == 0 && n == 500 {
					s.Close()
				}
				if ok, _ := s.Delete(fmt.Sprint(n)); ok {
					deleted.Add(1)
				}
			}
		})
		Expect(s.Close()).To(Succeed())
		Expect(handed.Load()).To(Equal(100_000 + deleted.Load()))
	})
}
