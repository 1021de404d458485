package compare

import (
	"context"
	"fmt"
	"iter"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// every calls each method once and answers the writes' errors.
func every(s strings) []error {
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

func life(e Engine) {
	It("20: after Close writes answer ErrClosed, reads absent", func() {
		s := opened(e)
		set(s, "a", 1, 0)
		Expect(s.Close()).To(Succeed())
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
		for _, loop := range []func(strings) iter.Seq2[string, entry]{
			strings.All, since(time.Time{}),
		} {
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
	It("19, 21: Close beside every other call, from many goroutines", func() {
		for range 100 {
			s := e.Strings(time.Millisecond)
			beside(6, func(i int) {
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
