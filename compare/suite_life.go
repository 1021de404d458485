package compare

import (
	"fmt"
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
	_, _, errIf := s.SetIfUnmodifiedSince("a", 1, 0, time.Time{})
	_, errTouch := s.Touch("a", 0)
	_, errDelete := s.Delete("a")
	_, errDeleteIf := s.DeleteIfUnmodifiedSince("a", time.Now())
	_, errMerge := s.Merge("a", entry{LastModified: time.Now()})
	return []error{s.Set("a", 1, 0), s.SetMany(map[string]int{"a": 1}, 0), errIf, errTouch, errDelete, errDeleteIf, errMerge, s.Clear()}
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
		s := opened(e)
		for i := range 100 {
			set(s, fmt.Sprint(i), i, 0)
		}
		n := 0
		for range s.All() {
			n++
			s.Close()
		}
		Expect(n).To(Equal(1))
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
