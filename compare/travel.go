package compare

import (
	"encoding/json"
	"fmt"
	"time"

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
		if err == nil {
			err = json.Unmarshal(text, &back)
		}
		if err != nil {
			panic(err)
		}
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

// travel tests that a time denotes the same instant wherever it comes
// from. The stores are opened at different moments.
func travel(c *cases) {
	c.with(Merging).add("8: Merge into other stores preserves UnixNano exactly, however often", func(t *tester) {
		for name, by := range travels {
			given := t.set(t.open(), "a", 1, time.Hour)
			e2 := given
			for range 20 {
				s := t.open()
				t.set(s, "b", 1, 0) // the store has a time of its own
				t.Expect(s.Merge("a", travelled(e2, by))).To(BeTrue())
				e2, _ = s.GetEntry("a")
				t.Expect(e2.LastModified.UnixNano()).To(Equal(given.LastModified.UnixNano()), name)
				t.Expect(e2.ExpiresAt.UnixNano()).To(Equal(given.ExpiresAt.UnixNano()), name)
				t.Expect(e2.TTL).To(Equal(given.TTL))
			}
		}
	})
	c.with(Feed).add("8: returned times carry no monotonic reading", func(t *tester) {
		s := t.open()
		got := t.set(s, "a", 1, time.Hour)
		at, _ := s.GetLastModified("a")
		event := t.take(s, time.Time{}, 1)[0]
		for _, at := range []time.Time{got.LastModified, got.ExpiresAt, at, event.At, event.Entry.LastModified, event.Entry.ExpiresAt} {
			t.Expect(at.String()).NotTo(ContainSubstring("m="))
		}
	})
	c.with(Conditions).add("8, 9: a condition taken from a time keeps its meaning", func(t *tester) {
		for name, by := range travels {
			s := t.open()
			for i := range 50 {
				old := t.set(s, "a", i, 0)
				now := t.set(s, "a", i, 0)
				_, stored, err := s.SetIfUnmodifiedSince("a", i, 0, by(old.LastModified))
				t.Expect(stored, err).To(BeFalse(), name)
				now, stored, err = s.SetIfUnmodifiedSince("a", i, 0, by(now.LastModified))
				t.Expect(stored, err).To(BeTrue(), name)
				t.Expect(s.DeleteIfUnmodifiedSince("a", by(now.LastModified.Add(-1)))).To(BeFalse(), name)
				t.Expect(s.DeleteIfUnmodifiedSince("a", by(now.LastModified))).To(BeTrue(), name)
			}
		}
	})
	c.with(Feed, Changes).add("8, 13, 24: a position taken from a time keeps its meaning", func(t *tester) {
		for name, by := range travels {
			s := t.open()
			last := t.set(s, "first", 0, 0).LastModified
			for i := range 50 {
				key := fmt.Sprint(i)
				at := t.set(s, key, i, 0).LastModified
				var got []string
				for key := range s.ModifiedSince(by(last)) {
					got = append(got, key)
				}
				t.Expect(got).To(Equal([]string{key}), name)
				t.Expect(t.take(s, by(last), 1)[0].Key).To(Equal(key), name)
				last = at
			}
		}
	})
	c.with(Conditions, Changes).add("8, 9: a condition or position taken from the clock is on the safe side", func(t *tester) {
		s := t.open()
		for i := range 1000 {
			before := time.Now()
			t.set(s, "a", i, 0)
			_, stored, err := s.SetIfUnmodifiedSince("a", i, 0, before)
			t.Expect(stored, err).To(BeFalse(), "it was modified after the clock was read")
			n := 0
			for range s.ModifiedSince(before) {
				n++
			}
			t.Expect(n).To(Equal(1))
		}
	})
}
