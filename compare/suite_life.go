package compare

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

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

func lifecycle(e Engine) {
	It("20: after Close writes return ErrClosed, reads report absence, and Done is closed", func() {
		s := opened(e)
		set(s, "a", 1, 0)
		Expect(s.Done()).NotTo(BeClosed())
		Expect(s.Close()).To(Succeed())
		Expect(s.Done()).To(BeClosed())
		Expect(s.Close()).To(Succeed())
		for _, err := range append(every(s), s.Set("a", 1, -5)) {
			Expect(err).To(MatchError(lastmodstore.ErrClosed))
		}
		_, ok := s.Get("a")
		Expect(ok).To(BeFalse())
		Expect(s.GetMany([]string{"a"})).To(BeEmpty())
		Expect(s.Len()).To(BeZero())
		Expect(s.Stats()).To(BeZero())
	})
	It("20: a loop ends when the store closes", func() {
		for _, loop := range loops {
			s := opened(e)
			for i := range 1000 {
				set(s, fmt.Sprint(i), i, 0)
			}
			n := 0
			for range loop(s) {
				n++
				s.Close()
			}
			Expect(n).To(Equal(1))
		}
	})
	It("19, 21: Close is safe concurrently with every other call, from many goroutines", func() {
		for range 100 {
			s := e.Strings(time.Millisecond)
			concurrently(6, func(i int, _ *Caller) {
				if i < 2 {
					Expect(s.Close()).To(Succeed())
					return
				}
				for _, err := range every(s) {
					if err != nil {
						Expect(err).To(MatchError(lastmodstore.ErrClosed))
					}
				}
			})
		}
	})
}
