package compare

import (
	"fmt"
	"math"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

func edges(c *cases) {
	c.with(Adding, Batches, Conditions).add("returns ErrInvalidTTL for a negative TTL and stores nothing", func(t *tester) {
		s := t.open()
		const bad = -2 * time.Second
		_, _, errIf := s.SetIfUnmodifiedSince("a", 1, bad, time.Time{})
		_, errTouch := s.Touch("a", bad)
		_, errAdd := s.Add("a", 1, bad)
		for _, err := range []error{s.Set("a", 1, bad), s.SetMany(map[string]int{"a": 1}, bad), errIf, errTouch, errAdd} {
			t.Expect(err).To(MatchError(lastmodstore.ErrInvalidTTL))
		}
		t.Expect(s.Len()).To(BeZero())
	})
	c.add("3: a TTL whose deadline would overflow never expires", func(t *tester) {
		got := t.set(t.open(), "a", 1, math.MaxInt64)
		t.Expect(got.ExpiresAt.IsZero()).To(BeTrue())
		t.Expect(got.TTL).To(Equal(lastmodstore.NoExpiry))
	})
	c.add("treats KeepTTL on an absent key as no expiry", func(t *tester) {
		t.Expect(t.set(t.open(), "a", 1, lastmodstore.KeepTTL).ExpiresAt.IsZero()).To(BeTrue())
	})
	c.with(Adding, Batches, Merging, Conditions).add("18: NaN is refused by writes, absent for reads, and leaves nothing", func(t *tester) {
		s := t.openAny()
		nan := math.NaN()
		for _, err := range writes[any](s, nan) {
			t.Expect(err).To(MatchError(lastmodstore.ErrInvalidKey))
		}
		t.Expect(s.SetMany(map[any]any{"a": 1, nan: 1}, 0)).To(MatchError(lastmodstore.ErrInvalidKey))
		_, ok := s.Get(nan)
		t.Expect(ok).To(BeFalse())
		_, ok = s.GetEntry(nan)
		t.Expect(ok).To(BeFalse())
		_, ok = s.GetLastModified(nan)
		t.Expect(ok).To(BeFalse())
		t.Expect(s.GetMany([]any{nan})).To(BeEmpty())
		t.Expect(s.Len()).To(BeZero())
	})
	c.with(Adding, Batches, Merging, Conditions).add("18: an unhashable key panics in the caller, and the store keeps working", func(t *tester) {
		s := t.openAny()
		bad := []int{1}
		for _, call := range []func(){
			func() { s.Get(bad) }, func() { s.GetEntry(bad) }, func() { s.GetLastModified(bad) },
			func() { s.GetMany([]any{"a", bad}) }, func() { s.Set(bad, 1, 0) }, func() { s.Touch(bad, 0) },
			func() { s.SetIfUnmodifiedSince(bad, 1, 0, time.Time{}) }, func() { s.Delete(bad) },
			func() { s.Add(bad, 1, 0) }, func() { s.GetAndDelete(bad) },
			func() { s.DeleteIfUnmodifiedSince(bad, time.Time{}) }, func() { s.Merge(bad, lastmodstore.Entry[any]{}) },
		} {
			t.Expect(call).To(Panic())
			t.Expect(s.Set("a", 1, 0)).To(Succeed())
			t.Expect(valueOf[any](s, "a")).To(Equal(1))
		}
	})
	c.add("stores nil keys and nil values", func(t *tester) {
		s := t.openAny()
		t.Expect(s.Set(nil, nil, 0)).To(Succeed())
		value, ok := s.Get(nil)
		t.Expect(ok).To(BeTrue())
		t.Expect(value).To(BeNil())
	})
	c.add("panics with a sentence when it is opened wrongly", func(t *tester) {
		t.Expect(func() { t.engine.Strings(-1) }).To(PanicWith(ContainSubstring("negative cleanup interval")))
		t.Expect(func() { lastmodstore.MaxEntries(0) }).To(PanicWith(ContainSubstring("at least 1")))
	})
}

// writes calls each method that writes one key and returns their errors.
func writes[K comparable, V any](s lastmodstore.Store[K, V], key K) []error {
	var value V
	_, _, errIf := s.SetIfUnmodifiedSince(key, value, 0, time.Time{})
	_, errTouch := s.Touch(key, 0)
	_, errDelete := s.Delete(key)
	_, errDeleteIf := s.DeleteIfUnmodifiedSince(key, time.Now())
	_, errAdd := s.Add(key, value, 0)
	_, _, errGetAndDelete := s.GetAndDelete(key)
	_, errMerge := s.Merge(key, lastmodstore.Entry[V]{LastModified: time.Now()})
	return []error{s.Set(key, value, 0), errIf, errTouch, errDelete, errDeleteIf, errMerge, errAdd, errGetAndDelete}
}

func capacity(c *cases) {
	c = c.with(Capacity, Batches)
	c.with(Counters).add("17: Len never exceeds the capacity; the least recently modified entry goes, unless it was read", func(t *tester) {
		if t.engine.Replicated {
			t.without("marks of reads")
		}
		s := t.open(lastmodstore.MaxEntries(3))
		for i, k := range []string{"a", "b", "c"} {
			t.Expect(s.Set(k, i, 0)).To(Succeed())
		}
		s.Get("a")
		t.Expect(s.Set("d", 4, 0)).To(Succeed())
		t.Expect(s.GetMany([]string{"a", "b", "c", "d"})).To(And(HaveLen(3), Not(HaveKey("b"))))
		for i := range 100 {
			t.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
			t.Expect(s.Len()).To(Equal(3))
		}
		t.Expect(s.Stats().Evictions).To(BeEquivalentTo(101))
	})
	c.add("17: a batch evicts none of its own keys, and none that it keeps", func(t *tester) {
		for range 50 { // the order within a batch changes
			s := t.open(lastmodstore.MaxEntries(3))
			for i, k := range []string{"a", "b", "c"} {
				t.Expect(s.Set(k, i, time.Hour)).To(Succeed())
			}
			t.Expect(s.SetMany(map[string]int{"a": 2, "x": 2}, lastmodstore.KeepTTL)).To(Succeed())
			got := s.GetMany([]string{"a", "x"}) // b was evicted; both are marked as read, c is not
			t.Expect(got).To(HaveLen(2))
			t.Expect(got["a"].TTL).To(Equal(time.Hour))
			t.Expect(s.SetMany(map[string]int{"d": 3, "e": 3}, 0)).To(Succeed())
			t.Expect(s.GetMany([]string{"d", "e"})).To(HaveLen(2))
			t.Expect(s.SetMany(map[string]int{"d": 4, "f": 4, "g": 4}, 0)).To(Succeed())
			t.Expect(s.GetMany([]string{"d", "f", "g"})).To(HaveLen(3))
		}
	})
	c.add("17: a batch that is larger than the capacity is refused as a whole", func(t *tester) {
		s := t.open(lastmodstore.MaxEntries(2))
		t.set(s, "a", 1, 0)
		t.Expect(s.SetMany(map[string]int{"a": 2, "b": 2, "c": 2}, 0)).To(MatchError(lastmodstore.ErrFull))
		t.Expect(s.GetMany([]string{"a", "b", "c"})).To(HaveLen(1))
		t.Expect(valueOf(s, "a")).To(Equal(1))
	})
	c.with(Merging).add("17: RejectWhenFull refuses new keys alone, and SetMany whole", func(t *tester) {
		s := t.open(lastmodstore.MaxEntries(2), lastmodstore.RejectWhenFull())
		t.set(s, "a", 1, 0)
		t.Expect(s.SetMany(map[string]int{"a": 5, "b": 5, "c": 5}, 0)).To(MatchError(lastmodstore.ErrFull))
		t.Expect(s.GetMany([]string{"a", "b", "c"})).To(HaveLen(1))
		t.Expect(valueOf(s, "a")).To(Equal(1))
		t.set(s, "b", 2, 0)
		t.Expect(s.Set("c", 3, 0)).To(MatchError(lastmodstore.ErrFull))
		_, err := s.Merge("c", entry{LastModified: time.Now()})
		t.Expect(err).To(MatchError(lastmodstore.ErrFull))
		t.set(s, "a", 9, 0)
		t.Expect(s.Len()).To(Equal(2))
	})
}
