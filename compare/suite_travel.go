package compare

import (
	"encoding/json"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// travels are the ways in which a time or an entry leaves a store and comes back.
var travels = map[string]func(t time.Time) time.Time{
	"as it is":     func(t time.Time) time.Time { return t },
	"without mono": func(t time.Time) time.Time { return t.Round(0) },
	"in UTC":       time.Time.UTC,
	"in a zone":    func(t time.Time) time.Time { return t.In(time.FixedZone("odd", 12345)) },
	"by UnixNano":  func(t time.Time) time.Time { return time.Unix(0, t.UnixNano()) },
	"as JSON": func(t time.Time) (back time.Time) {
		text, err := json.Marshal(t)
		Expect(err).NotTo(HaveOccurred())
		Expect(json.Unmarshal(text, &back)).To(Succeed())
		return back
	},
}

func travelled(e entry, by func(time.Time) time.Time) entry {
	e.LastModified = by(e.LastModified)
	if !e.ExpiresAt.IsZero() {
		e.ExpiresAt = by(e.ExpiresAt)
	}
	return e
}

// timesThatTravel tests that a time denotes the same instant wherever it comes
// from. The stores are opened at different moments.
func timesThatTravel(e Engine) {
	It("8: Merge into other stores preserves UnixNano exactly, however often", func() {
		for name, by := range travels {
			given := set(opened(e), "a", 1, time.Hour)
			e2 := given
			for range 20 {
				s := opened(e)
				set(s, "b", 1, 0) // the store has a time of its own
				Expect(s.Merge("a", travelled(e2, by))).To(BeTrue())
				e2, _ = s.GetEntry("a")
				Expect(e2.LastModified.UnixNano()).To(Equal(given.LastModified.UnixNano()), name)
				Expect(e2.ExpiresAt.UnixNano()).To(Equal(given.ExpiresAt.UnixNano()), name)
				Expect(e2.TTL).To(Equal(given.TTL))
			}
		}
	})
	It("8: returned times carry no monotonic reading", func() {
		s := opened(e)
		got := set(s, "a", 1, time.Hour)
		at, _ := s.GetLastModified("a")
		event := take(s, time.Time{}, 1)[0]
		for _, t := range []time.Time{got.LastModified, got.ExpiresAt, at, event.At, event.Entry.LastModified, event.Entry.ExpiresAt} {
			Expect(t.String()).NotTo(ContainSubstring("m="))
		}
	})
	It("8, 9: a condition taken from a time keeps its meaning", func() {
		for name, by := range travels {
			s := opened(e)
			for i := range 50 {
				old := set(s, "a", i, 0)
				now := set(s, "a", i, 0)
				_, stored, err := s.SetIfUnmodifiedSince("a", i, 0, by(old.LastModified))
				Expect(stored, err).To(BeFalse(), name)
				now, stored, err = s.SetIfUnmodifiedSince("a", i, 0, by(now.LastModified))
				Expect(stored, err).To(BeTrue(), name)
				Expect(s.DeleteIfUnmodifiedSince("a", by(now.LastModified.Add(-1)))).To(BeFalse(), name)
				Expect(s.DeleteIfUnmodifiedSince("a", by(now.LastModified))).To(BeTrue(), name)
			}
		}
	})
	It("8, 13, 24: a position taken from a time keeps its meaning", func() {
		for name, by := range travels {
			s := opened(e)
			last := set(s, "first", 0, 0).LastModified
			for i := range 50 {
				key := fmt.Sprint(i)
				at := set(s, key, i, 0).LastModified
				var got []string
				for key := range s.ModifiedSince(by(last)) {
					got = append(got, key)
				}
				Expect(got).To(Equal([]string{key}), name)
				Expect(take(s, by(last), 1)[0].Key).To(Equal(key), name)
				last = at
			}
		}
	})
	It("8, 9: a condition or position taken from the clock is on the safe side", func() {
		s := opened(e)
		for i := range 1000 {
			before := time.Now()
			set(s, "a", i, 0)
			_, stored, err := s.SetIfUnmodifiedSince("a", i, 0, before)
			Expect(stored, err).To(BeFalse(), "it was modified after the clock was read")
			n := 0
			for range s.ModifiedSince(before) {
				n++
			}
			Expect(n).To(Equal(1))
		}
	})
}
