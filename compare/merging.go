package compare

import (
	"fmt"
	"math/rand/v2"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

func merging(c *cases) {
	c = c.with(Merging)
	c.add("23: Merge lets the last writer win, in any order", func(t *tester) {
		now := time.Now().Round(0) // as it travels: without a monotonic reading
		entries := []entry{
			{Value: 1, LastModified: now.Add(-3 * time.Hour)},
			{Value: 3, LastModified: now.Add(-time.Hour), TTL: time.Minute, ExpiresAt: now.Add(time.Hour)},
			{Value: 2, LastModified: now.Add(-2 * time.Hour)},
		}
		for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}} {
			s := t.open()
			for _, i := range order {
				_, err := s.Merge("a", entries[i])
				t.Expect(err).NotTo(HaveOccurred())
			}
			got, _ := s.GetEntry("a")
			t.Expect(got.Value).To(Equal(3))
			t.Expect(got.TTL).To(Equal(time.Minute))
			t.Expect(got.LastModified.Equal(entries[1].LastModified)).To(BeTrue())
			t.Expect(got.ExpiresAt.Equal(entries[1].ExpiresAt)).To(BeTrue())
			t.Expect(s.Merge("a", entry{LastModified: now.Add(time.Second)})).To(BeTrue())
			t.Expect(t.set(s, "b", 1, 0).LastModified).To(BeTemporally(">", now.Add(time.Second)))
			t.Expect(s.Merge("c", entry{LastModified: now, ExpiresAt: now})).To(BeFalse(), "expired")
			_, err := s.Merge("c", entry{LastModified: time.Now().Add(2 * time.Minute)})
			t.Expect(err).To(MatchError(lastmodstore.ErrClockSkew))
		}
	})
	c.add("23: merging the same entries in any order yields the same store", func(t *tester) {
		random := rand.New(rand.NewPCG(23, 1))
		now := time.Now().Round(0)
		entries := map[int]entry{} // by number: that of a key is i % 7
		for i := range 60 {
			entries[i] = entry{Value: i, LastModified: now.Add(-time.Duration(random.Int64N(int64(time.Hour)))), TTL: time.Hour, ExpiresAt: now.Add(2 * time.Hour)}
		}
		for range 10 {
			s := t.open()
			for _, i := range random.Perm(len(entries)) {
				t.Expect(s.Merge(fmt.Sprint(i%7), entries[i])).To(BeElementOf(true, false))
			}
			for i, given := range entries {
				got, ok := s.GetEntry(fmt.Sprint(i % 7))
				t.Expect(ok).To(BeTrue())
				t.Expect(got.LastModified).NotTo(BeTemporally("<", given.LastModified))
				want := entries[got.Value]
				t.Expect(got.LastModified.UnixNano()).To(Equal(want.LastModified.UnixNano()))
				t.Expect([]any{got.TTL, got.ExpiresAt.UnixNano()}).To(Equal([]any{want.TTL, want.ExpiresAt.UnixNano()}))
			}
			t.Expect(s.Len()).To(Equal(7))
		}
	})
	c.add("23: of two entries with equal times the first stays", func(t *tester) {
		s := t.open()
		at := time.Now().Round(0)
		t.Expect(s.Merge("a", entry{Value: 1, LastModified: at})).To(BeTrue())
		t.Expect(s.Merge("a", entry{Value: 2, LastModified: at})).To(BeFalse())
		t.Expect(valueOf(s, "a")).To(Equal(1))
	})
	c.with(Capacity).add("23: a capacity may evict what another order would keep", func(t *tester) {
		now := time.Now().Round(0)
		for _, keys := range [][]string{{"a", "b"}, {"b", "a"}} {
			s := t.open(lastmodstore.MaxEntries(1))
			for i, key := range keys {
				t.Expect(s.Merge(key, entry{Value: i, LastModified: now.Add(time.Duration(i - 10))})).To(BeTrue())
			}
			t.Expect(s.Len()).To(Equal(1))
			t.Expect(valueOf(s, keys[1])).To(Equal(1))
		}
	})
}
