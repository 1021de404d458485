package compare

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// clockGap is by how much the wall clock, as a test reads it, may differ from a
// store's timeline, which follows the monotonic clock: the two are never read at
// one instant.
const clockGap = time.Microsecond

// timesOutsideABubble tests what a bubble's clock, which stands still, cannot show.
func timesOutsideABubble(e Engine) {
	It("6, 7: LastModified lies within the call and strictly increases", func() {
		s := opened(e)
		last := int64(0)
		for i := range 1000 {
			before := time.Now().UnixNano()
			at := set(s, []string{"a", "b"}[i%2], i, time.Hour).LastModified.UnixNano()
			Expect(at).To(BeNumerically(">", last))
			Expect(at).To(BeNumerically(">=", before-int64(clockGap)))
			Expect(at).To(BeNumerically("<=", time.Now().UnixNano()+int64(clockGap)))
			last = at
			if i%3 == 0 {
				s.Delete("a")
			}
		}
	})
	It("8: a write reads the clock once, for LastModified and the deadline", func() {
		s := opened(e)
		last := time.Time{}
		for i := range 1000 {
			got := set(s, fmt.Sprint(i%10), i, time.Hour)
			now := got.ExpiresAt.Add(-got.TTL)
			if bumped := last.Add(1); now.Before(bumped) {
				now = bumped
			}
			Expect(got.LastModified.Equal(now)).To(BeTrue(), "%v instead of %v", got.LastModified, now)
			last = got.LastModified
		}
	})
	It("8: a batch reads the clock once, for all its deadlines", func() {
		s := opened(e)
		values := map[string]int{}
		for i := range 1000 {
			values[fmt.Sprint(i)] = i
		}
		Expect(s.SetMany(values, time.Hour)).To(Succeed())
		first, _ := s.GetEntry("0")
		for _, e := range s.All() {
			Expect(e.ExpiresAt.Equal(first.ExpiresAt)).To(BeTrue())
		}
	})
}
