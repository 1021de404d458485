package compare

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// deleteFunc tests DeleteFunc.
func deleteFunc(c *cases) {
	c = c.on(anyShards).with(Conditions)
	c.add("10, 12: DeleteFunc removes exactly what is selected, and sees each entry once", selectedEntries)
	c.add("10, 11: DeleteFunc keeps what was modified after it was selected", func(t *tester) {
		s := t.open()
		for i := range 10 {
			t.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
		}
		removed, err := lastmodstore.DeleteFunc(s, func(key string, e entry) bool {
			switch {
			case e.Value < 5:
				t.Expect(s.Set(key, e.Value, 0)).To(Succeed()) // an equal value is another version
			case e.Value < 8:
				t.Expect(s.Delete(key)).To(BeTrue())
			}
			return true
		})
		t.Expect(err).NotTo(HaveOccurred())
		t.Expect(removed).To(Equal(2))
		t.Expect(s.Len()).To(Equal(5))
	})
	c.add("20: DeleteFunc returns what it removed before the store was closed, and ErrClosed", func(t *tester) {
		s := t.open()
		for i := range 10 {
			t.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
		}
		for _, selects := range []bool{true, false} { // the second store is closed from the beginning
			calls := 0
			removed, err := lastmodstore.DeleteFunc(s, func(string, entry) bool {
				if calls++; calls == 4 {
					s.Close()
				}
				return selects
			})
			t.Expect(err).To(MatchError(lastmodstore.ErrClosed))
			t.Expect(removed).To(Equal(max(0, calls-1)))
		}
	})
	c.add("11: a panic in DeleteFunc reaches the caller, and the store keeps working", func(t *tester) {
		s := t.open()
		for i := range 10 {
			t.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
		}
		calls := 0
		failing := errors.New("failing")
		t.Expect(func() {
			lastmodstore.DeleteFunc(s, func(string, entry) bool {
				if calls++; calls == 4 {
					panic(failing)
				}
				return true
			})
		}).To(PanicWith(failing))
		t.Expect(s.Len()).To(Equal(7))
		t.Expect(lastmodstore.DeleteFunc(s, func(string, entry) bool { return true })).To(Equal(7))
	})
	c.with(Listeners).add("10, 27: DeleteFunc removes only versions that it saw, whatever is written meanwhile", deleteWhileWriting)
}

func selectedEntries(t *tester) {
	s := t.open()
	const n = 1000
	for i := range n {
		t.Expect(s.Set(fmt.Sprint(i), i, time.Hour)).To(Succeed())
	}
	seen := map[string]bool{}
	removed, err := lastmodstore.DeleteFunc(s, func(key string, e entry) bool {
		if seen[key] {
			t.Errorf("12: %s is seen twice", key)
		}
		seen[key] = true
		t.Expect(key).To(Equal(fmt.Sprint(e.Value)))
		return e.Value%3 == 0
	})
	t.Expect(err).NotTo(HaveOccurred())
	t.Expect(seen).To(HaveLen(n))
	t.Expect(removed).To(Equal((n + 2) / 3))
	t.Expect(s.Len()).To(Equal(n - removed))
	for _, e := range s.All() {
		t.Expect(e.Value % 3).NotTo(BeZero())
	}
}

// deleteWhileWriting compares what was removed with what the function selected.
func deleteWhileWriting(t *tester) {
	const keys = 50
	s := t.engine.Strings(0)
	var reported []entry
	s.OnRemove(func(_ string, e entry, why lastmodstore.EventKind) {
		if why == lastmodstore.Deleted {
			reported = append(reported, e)
		}
	})
	var stop atomic.Bool
	writers := t.workers()
	for id := range 2 {
		writers.Go(func() {
			for i := 0; !stop.Load(); i++ {
				s.Set(fmt.Sprint(i%keys), i*2+id, 0)
			}
		})
	}
	var mu sync.Mutex // guards what follows
	seen, total := map[int64]bool{}, 0
	t.concurrently(2, func(_ int, c *caller) {
		for range t.atLength(50, 2000) {
			removed, err := lastmodstore.DeleteFunc(s, func(_ string, e entry) bool {
				mu.Lock()
				defer mu.Unlock()
				seen[e.LastModified.UnixNano()] = true
				return true
			})
			c.returned()
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			total += removed
			mu.Unlock()
		}
	})
	stop.Store(true)
	writers.Wait()
	t.Expect(s.Close()).To(Succeed()) // when everything has been reported
	for _, e := range reported {
		if !seen[e.LastModified.UnixNano()] {
			t.Errorf("10: the version of %v was removed and not seen", e.LastModified)
		}
	}
	t.Expect(reported).To(HaveLen(total))
}
