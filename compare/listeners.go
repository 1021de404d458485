package compare

import (
	"fmt"
	"sync/atomic"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// listeners tests OnRemove.
func listeners(c *cases) {
	c = c.with(Listeners)
	c.with(Capacity).add("27: OnRemove reports each removed value once, in order, until Close", func(t *tester) {
		s := t.open(lastmodstore.MaxEntries(3))
		var all []string
		s.OnRemove(func(key string, e entry, why lastmodstore.EventKind) {
			all = append(all, fmt.Sprint(why, " ", key, " ", e.Value))
			s.Len() // may call the store
		})
		t.Expect(s.Set("a", 1, 0)).To(Succeed())
		t.Expect(s.Set("a", 2, 0)).To(Succeed())
		t.Expect(s.Delete("a")).To(BeTrue())
		t.Expect(s.Set("b", 3, time.Nanosecond)).To(Succeed())
		t.Eventually(s.Cleanup).Should(Equal(1))
		for i := range 4 {
			t.Expect(s.Set(fmt.Sprint("c", i), i, 0)).To(Succeed())
		}
		t.Expect(s.Clear()).To(Succeed())
		t.Expect(s.Set("left", 9, 0)).To(Succeed())
		t.Expect(s.Close()).To(Succeed())
		t.Expect(all).To(Equal([]string{"Replaced a 1", "Deleted a 2", "Expired b 3", "Evicted c0 0", "Cleared c1 1", "Cleared c2 2", "Cleared c3 3"}))
	})
	c.with(Merging, Conditions).add("27: OnRemove reports nothing for a value that is kept", func(t *tester) {
		s := t.open()
		t.set(s, "a", 1, time.Hour)
		s.OnRemove(func(string, entry, lastmodstore.EventKind) { t.Error("the value is still there") })
		t.Expect(s.Touch("a", time.Minute)).To(BeTrue())
		t.Expect(s.Touch("a", lastmodstore.KeepTTL)).To(BeTrue())
		t.Expect(s.Merge("a", entry{Value: 2, LastModified: time.Now().Add(-time.Hour)})).To(BeFalse())
		t.Expect(s.SetIfUnmodifiedSince("a", 2, 0, time.Time{})).Error().NotTo(HaveOccurred())
		t.Expect(s.Close()).To(Succeed())
	})
	c.add("27: OnRemove may be registered several times and stopped, also from within", func(t *tester) {
		s := t.open()
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
			t.set(s, "a", i, 0)
		}
		t.Expect(s.Close()).To(Succeed())
		t.Expect([]int32{one.Load(), two.Load()}).To(Equal([]int32{3, 9}))
		stop()
		s.OnRemove(func(string, entry, lastmodstore.EventKind) { t.Error("the store is closed") })()
	})
	c.with(Sweeping).add("27: OnRemove misses none of 100,000 that expire at once, nor what is removed during Close", func(t *tester) {
		s := t.engine.Strings(time.Millisecond)
		var handed atomic.Int64
		expired, c := make(chan struct{}), t.caller()
		s.OnRemove(func(string, entry, lastmodstore.EventKind) {
			c.returned()
			if handed.Add(1) == 100_000 {
				close(expired)
			}
		})
		for i := range 100_000 {
			t.Expect(s.Set(fmt.Sprint(i), i, 100*time.Millisecond)).To(Succeed())
		}
		<-expired
		t.Expect(s.Len()).To(BeZero())
		for i := range 1000 {
			t.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
		}
		var deleted atomic.Int64
		t.concurrently(4, func(i int, c *caller) {
			for n := i; n < 1000; n += 4 {
				c.returned()
				if i == 0 && n == 500 {
					s.Close()
				}
				if ok, _ := s.Delete(fmt.Sprint(n)); ok {
					deleted.Add(1)
				}
			}
		})
		t.Expect(s.Close()).To(Succeed())
		t.Expect(handed.Load()).To(Equal(100_000 + deleted.Load()))
	})
	bubbles := c.on(anyShards).with(Counters)
	bubbles.addInBubble("27: a listener that ends its goroutine is not called again", exitingListener)
	bubbles.addInBubble("27: Stats counts the removals that wait", waitingRemovals)
	bubbles.addInBubble("11, 19, 20: Close ends although a listener calls the store until it is closed", listenerUntilClosed)
	bubbles.addInBubble("11, 27: a listener may sleep, and call the store, while others wait for it", sleepingListener)
	bubbles.addInBubble("27: Clear counts what had expired as OnRemove reports it", clearedAndExpired)
}
