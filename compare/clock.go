package compare

import (
	"fmt"
	"time"

	. "github.com/onsi/gomega"
)

// clockGap is by how much the wall clock, as a test reads it, may differ from a
// store's timeline, which follows the monotonic clock: the two are never read at
// one instant.
const clockGap = time.Microsecond

// clock tests what the clock of a bubble, which stands still, cannot show.
func clock(c *cases) {
	c.add("6, 7: LastModified lies within the call and strictly increases", func(t *tester) {
		s := t.open()
		last := int64(0)
		for i := range 1000 {
			before := time.Now().UnixNano()
			at := t.set(s, []string{"a", "b"}[i%2], i, time.Hour).LastModified.UnixNano()
			t.Expect(at).To(BeNumerically(">", last))
			t.Expect(at).To(BeNumerically(">=", before-int64(clockGap)))
			t.Expect(at).To(BeNumerically("<=", time.Now().UnixNano()+int64(clockGap)))
			last = at
			if i%3 == 0 {
				s.Delete("a")
			}
		}
	})
	c.add("8: a write reads the clock once, for LastModified and the deadline", func(t *tester) {
		s := t.open()
		last := time.Time{}
		for i := range 1000 {
			got := t.set(s, fmt.Sprint(i%10), i, time.Hour)
			now := got.ExpiresAt.Add(-got.TTL)
			if bumped := last.Add(1); now.Before(bumped) {
				now = bumped
			}
			t.Expect(got.LastModified.Equal(now)).To(BeTrue(), "%v instead of %v", got.LastModified, now)
			last = got.LastModified
		}
	})
	c.with(Batches).add("8: a batch reads the clock once, for all its deadlines", func(t *tester) {
		s := t.open()
		values := map[string]int{}
		for i := range 1000 {
			values[fmt.Sprint(i)] = i
		}
		t.Expect(s.SetMany(values, time.Hour)).To(Succeed())
		first, _ := s.GetEntry("0")
		for _, e := range s.All() {
			t.Expect(e.ExpiresAt.Equal(first.ExpiresAt)).To(BeTrue())
		}
	})
}
