package compare

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// everyMethod are the capabilities that have methods of their own.
var everyMethod = []Capability{Feed, Listeners, Merging, Batches, Counters, Adding, Conditions, Changes}

// every calls each method once and returns the errors of the writes.
func every(s stringStore) []error {
	s.Get("a")
	s.GetEntry("a")
	s.GetLastModified("a")
	s.GetMany([]string{"a"})
	s.Len()
	s.Stats()
	s.Cleanup()
	for range s.All() {
	}
	for range s.ModifiedSince(time.Time{}) {
	}
	for range s.Watch(context.Background(), time.Time{}) {
		break
	}
	s.OnRemove(func(string, entry, lastmodstore.EventKind) {})()
	return append(writes(s, "a"), s.SetMany(map[string]int{"a": 1}, 0), s.Clear())
}

func lifecycle(c *cases) {
	c.with(everyMethod...).add("20: after Close writes return ErrClosed, reads report absence, and Done is closed", func(t *tester) {
		s := t.open()
		t.set(s, "a", 1, 0)
		t.Expect(s.Done()).NotTo(BeClosed())
		t.Expect(s.Close()).To(Succeed())
		t.Expect(s.Done()).To(BeClosed())
		t.Expect(s.Close()).To(Succeed())
		for _, err := range append(every(s), s.Set("a", 1, -5)) {
			t.Expect(err).To(MatchError(lastmodstore.ErrClosed))
		}
		_, ok := s.Get("a")
		t.Expect(ok).To(BeFalse())
		t.Expect(s.GetMany([]string{"a"})).To(BeEmpty())
		t.Expect(s.Len()).To(BeZero())
		t.Expect(s.Stats()).To(BeZero())
	})
	c.with(Changes).add("20: a loop ends when the store closes", func(t *tester) {
		for _, loop := range loops {
			s := t.open()
			for i := range 1000 {
				t.set(s, fmt.Sprint(i), i, 0)
			}
			n := 0
			for range loop(s) {
				n++
				s.Close()
			}
			t.Expect(n).To(Equal(1))
		}
	})
	c.with(everyMethod...).add("19, 21: Close is safe concurrently with every other call, from many goroutines", func(t *tester) {
		for range 100 {
			s := t.engine.Strings(time.Millisecond)
			t.concurrently(6, func(i int, _ *caller) {
				if i < 2 {
					t.Expect(s.Close()).To(Succeed())
					return
				}
				for _, err := range every(s) {
					if err != nil {
						t.Expect(err).To(MatchError(lastmodstore.ErrClosed))
					}
				}
			})
		}
	})
}
