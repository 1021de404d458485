package compare

import (
	"fmt"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

type (
	stringStore = lastmodstore.Store[string, int]
	entry       = lastmodstore.Entry[int]
)

// set sets key and returns its entry.
func (t *tester) set(s stringStore, key string, value int, ttl time.Duration) entry {
	t.Helper()
	t.Expect(s.Set(key, value, ttl)).To(Succeed())
	e, ok := s.GetEntry(key)
	t.Expect(ok).To(BeTrue())
	return e
}

// valueOf returns the value of key, or nil if it is absent.
func valueOf[K comparable, V any](s lastmodstore.Reader[K, V], key K) any {
	if value, ok := s.Get(key); ok {
		return value
	}
	return nil
}

func basics(c *cases) {
	deleteFunc(c)
	c.add("sets, gets, overwrites and deletes", func(t *tester) {
		s := t.open()
		_, ok := s.Get("a")
		t.Expect(ok).To(BeFalse())
		t.set(s, "a", 1, 0)
		t.set(s, "a", 2, 0)
		t.Expect(valueOf(s, "a")).To(Equal(2))
		t.Expect(s.Len()).To(Equal(1))
		t.Expect(s.Delete("a")).To(BeTrue())
		t.Expect(s.Delete("a")).To(BeFalse())
		_, ok = s.Get("a")
		t.Expect(ok).To(BeFalse())
		t.Expect(s.Len()).To(BeZero())
	})
	c.add("2: Touch changes the deadline alone", func(t *tester) {
		s := t.open()
		old := t.set(s, "a", 1, time.Minute)
		t.Expect(s.Touch("a", time.Hour)).To(BeTrue())
		now, _ := s.GetEntry("a")
		t.Expect(now.LastModified).To(Equal(old.LastModified))
		t.Expect(now.Value).To(Equal(1))
		t.Expect(now.TTL).To(Equal(time.Hour))
		t.Expect(now.ExpiresAt).To(BeTemporally(">", old.ExpiresAt))
		t.Expect(s.Touch("a", lastmodstore.NoExpiry)).To(BeTrue())
		now, _ = s.GetEntry("a")
		t.Expect(now.ExpiresAt.IsZero()).To(BeTrue())
		t.Expect(s.Touch("b", time.Hour)).To(BeFalse())
	})
	c.with(Conditions).add("9: SetIfUnmodifiedSince stores under its condition and returns what is present afterwards", func(t *tester) {
		s := t.open()
		_, ok, err := s.SetIfUnmodifiedSince("a", 1, 0, time.Now())
		t.Expect(ok, err).To(BeFalse(), "an absent key fails")
		first, ok, err := s.SetIfUnmodifiedSince("a", 1, 0, time.Time{})
		t.Expect(ok, err).To(BeTrue())
		again, ok, err := s.SetIfUnmodifiedSince("a", 9, 0, time.Time{})
		t.Expect(ok, err).To(BeFalse())
		t.Expect(again).To(Equal(first))
		second, ok, err := s.SetIfUnmodifiedSince("a", 2, 0, first.LastModified)
		t.Expect(ok, err).To(BeTrue())
		stale, ok, err := s.SetIfUnmodifiedSince("a", 3, 0, first.LastModified)
		t.Expect(ok, err).To(BeFalse())
		t.Expect(stale).To(Equal(second))
		// The version survives a trip through a clock reading without the monotonic part.
		_, ok, err = s.SetIfUnmodifiedSince("a", 4, 0, second.LastModified.Round(0))
		t.Expect(ok, err).To(BeTrue())
		t.Expect(valueOf(s, "a")).To(Equal(4))
	})
	c.with(Conditions).add("9: DeleteIfUnmodifiedSince deletes under its condition", func(t *tester) {
		s := t.open()
		old := t.set(s, "a", 1, 0)
		now := t.set(s, "a", 2, 0)
		t.Expect(s.DeleteIfUnmodifiedSince("a", old.LastModified)).To(BeFalse())
		t.Expect(s.DeleteIfUnmodifiedSince("a", time.Time{})).To(BeFalse())
		t.Expect(s.DeleteIfUnmodifiedSince("a", now.LastModified)).To(BeTrue())
		t.Expect(s.Len()).To(BeZero())
	})
	c.with(Adding, Conditions).add("10: Update and Add run on any store, and an error stores nothing", func(t *tester) {
		s := t.open()
		window, err := lastmodstore.Add(s, "n", 2, time.Hour)
		t.Expect(err).NotTo(HaveOccurred())
		t.Expect(window.Value).To(Equal(2))
		later, err := lastmodstore.Add(s, "n", 3, time.Minute)
		t.Expect(err).NotTo(HaveOccurred())
		t.Expect(later.Value).To(Equal(5))
		t.Expect(later.ExpiresAt).To(Equal(window.ExpiresAt), "later additions do not extend the window")
		held, _ := s.GetEntry("n")
		t.Expect(held).To(Equal(later))
		_, err = s.Add("n", 1, -2)
		t.Expect(err).To(MatchError(lastmodstore.ErrInvalidTTL), "also of a counter that is present")
		any := t.openAny()
		_, err = any.Add("n", 1, 0)
		t.Expect(err).To(MatchError(lastmodstore.ErrNotNumber))
		_, err = lastmodstore.Update(s, "n", func(old entry, ok bool) (int, time.Duration, error) {
			return 99, 0, lastmodstore.ErrFull
		})
		t.Expect(err).To(MatchError(lastmodstore.ErrFull))
		t.Expect(valueOf(s, "n")).To(Equal(5))
	})
	c.add("12: All yields each entry once, and its body may call the store", func(t *tester) {
		s := t.open()
		for i := range 3000 {
			t.set(s, fmt.Sprint(i), i, 0)
		}
		seen := map[string]int{}
		for key, e := range s.All() {
			seen[key]++
			t.Expect(s.Set(key, e.Value+1, 0)).To(Succeed())
			t.Expect(s.Delete("7")).To(BeElementOf(true, false))
		}
		for key, n := range seen {
			t.Expect(n).To(Equal(1), key)
		}
		t.Expect(len(seen)).To(BeNumerically(">=", 2999))
	})
	c.with(Changes).add("13: ModifiedSince yields what changed after t, oldest first, and can go on", func(t *tester) {
		s := t.open()
		for i := range 5000 {
			t.set(s, fmt.Sprint(i), i, 0)
		}
		mark, _ := s.GetLastModified("2999")
		t.set(s, "10", 10_000, 0)
		next := 3000
		for key, e := range s.ModifiedSince(mark) {
			if next == 5000 {
				t.Expect(key).To(Equal("10"))
			} else {
				t.Expect(e.Value).To(Equal(next))
			}
			next++
			mark = e.LastModified
			s.Set("1", next, 0) // left to the next call
		}
		t.Expect(next).To(Equal(5001))
		for key := range s.ModifiedSince(mark) {
			t.Expect(key).To(Equal("1"))
			next++
		}
		t.Expect(next).To(Equal(5002))
	})
	c.with(Batches).add("14: GetMany and SetMany take any number of keys", func(t *tester) {
		s := t.open()
		t.Expect(s.SetMany(nil, 0)).To(Succeed())
		t.Expect(s.GetMany(nil)).To(BeEmpty())
		t.Expect(s.SetMany(map[string]int{"a": 1, "b": 2}, time.Hour)).To(Succeed())
		got := s.GetMany([]string{"a", "b", "c", "a"})
		t.Expect(got).To(HaveLen(2))
		t.Expect(got["b"].Value).To(Equal(2))
		t.Expect(got["b"].TTL).To(Equal(time.Hour))
	})
	c.with(Counters).add("counts in Stats what it did", func(t *tester) {
		s := t.open(lastmodstore.CountReads())
		t.set(s, "a", 1, 0)
		s.Get("b")
		s.Delete("a")
		s.Clear()
		stats := s.Stats()
		t.Expect([]uint64{stats.Sets, stats.Deletes, stats.Hits, stats.Misses}).To(Equal([]uint64{1, 1, 1, 1}))
	})
}
