package compare

import (
	"fmt"
	"math"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

func edges(e Engine) {
	It("returns ErrInvalidTTL for a negative TTL and stores nothing", func() {
		s := opened(e)
		const bad = -2 * time.Second
		_, _, errIf := s.SetIfUnmodifiedSince("a", 1, bad, time.Time{})
		_, errTouch := s.Touch("a", bad)
		_, errAdd := s.Add("a", 1, bad)
		for _, err := range []error{s.Set("a", 1, bad), s.SetMany(map[string]int{"a": 1}, bad), errIf, errTouch, errAdd} {
			Expect(err).To(MatchError(lastmodstore.ErrInvalidTTL))
		}
		Expect(s.Len()).To(BeZero())
	})
	It("3: a TTL whose deadline would overflow never expires", func() {
		got := set(opened(e), "a", 1, math.MaxInt64)
		Expect(got.ExpiresAt.IsZero()).To(BeTrue())
		Expect(got.TTL).To(Equal(lastmodstore.NoExpiry))
	})
	It("takes KeepTTL on an absent key for no expiry", func() {
		Expect(set(opened(e), "a", 1, lastmodstore.KeepTTL).ExpiresAt.IsZero()).To(BeTrue())
	})
	It("18: NaN is refused by writes, absent for reads, and leaves nothing", func() {
		s := e.Any(0)
		DeferCleanup(s.Close)
		nan := math.NaN()
		for _, err := range writes[any](s, nan) {
			Expect(err).To(MatchError(lastmodstore.ErrInvalidKey))
		}
		Expect(s.SetMany(map[any]any{"a": 1, nan: 1}, 0)).To(MatchError(lastmodstore.ErrInvalidKey))
		_, ok := s.Get(nan)
		Expect(ok).To(BeFalse())
		_, ok = s.GetEntry(nan)
		Expect(ok).To(BeFalse())
		_, ok = s.GetLastModified(nan)
		Expect(ok).To(BeFalse())
		Expect(s.GetMany([]any{nan})).To(BeEmpty())
		Expect(s.Len()).To(BeZero())
	})
	It("18: an unhashable key panics in the caller, and the store keeps working", func() {
		s := e.Any(0)
		DeferCleanup(s.Close)
		bad := []int{1}
		for _, call := range []func(){
			func() { s.Get(bad) }, func() { s.GetEntry(bad) }, func() { s.GetLastModified(bad) },
			func() { s.GetMany([]any{"a", bad}) }, func() { s.Set(bad, 1, 0) }, func() { s.Touch(bad, 0) },
			func() { s.SetIfUnmodifiedSince(bad, 1, 0, time.Time{}) }, func() { s.Delete(bad) },
			func() { s.Add(bad, 1, 0) }, func() { s.GetAndDelete(bad) },
			func() { s.DeleteIfUnmodifiedSince(bad, time.Time{}) }, func() { s.Merge(bad, lastmodstore.Entry[any]{}) },
		} {
			Expect(call).To(Panic())
			Expect(s.Set("a", 1, 0)).To(Succeed())
			Expect(valueOf[any](s, "a")).To(Equal(1))
		}
	})
	It("takes nil values for values", func() {
		s := e.Any(0)
		DeferCleanup(s.Close)
		Expect(s.Set(nil, nil, 0)).To(Succeed())
		value, ok := s.Get(nil)
		Expect(ok).To(BeTrue())
		Expect(value).To(BeNil())
	})
	It("panics with a sentence when it is opened wrongly", func() {
		Expect(func() { e.Strings(-1) }).To(PanicWith(ContainSubstring("negative cleanup interval")))
		Expect(func() { lastmodstore.MaxEntries(0) }).To(PanicWith(ContainSubstring("at least 1")))
	})
}

// writes calls each method that writes one key and returns the errors.
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

func capacity(e Engine) {
	It("17: Len never exceeds the capacity; the least recently modified entry goes, unless it was read", func() {
		s := opened(e, lastmodstore.MaxEntries(3))
		for i, k := range []string{"a", "b", "c"} {
			Expect(s.Set(k, i, 0)).To(Succeed())
		}
		s.Get("a")
		Expect(s.Set("d", 4, 0)).To(Succeed())
		Expect(s.GetMany([]string{"a", "b", "c", "d"})).To(And(HaveLen(3), Not(HaveKey("b"))))
		for i := range 100 {
			Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
			Expect(s.Len()).To(Equal(3))
		}
		Expect(s.Stats().Evictions).To(BeEquivalentTo(101))
	})
	It("17: a batch evicts none of its own keys, and none that it keeps", func() {
		for range 50 { // the order within a batch changes
			s := opened(e, lastmodstore.MaxEntries(3))
			for i, k := range []string{"a", "b", "c"} {
				Expect(s.Set(k, i, time.Hour)).To(Succeed())
			}
			Expect(s.SetMany(map[string]int{"a": 2, "x": 2}, lastmodstore.KeepTTL)).To(Succeed())
			got := s.GetMany([]string{"a", "x"}) // b went; both are marked, c is not
			Expect(got).To(HaveLen(2))
			Expect(got["a"].TTL).To(Equal(time.Hour))
			Expect(s.SetMany(map[string]int{"d": 3, "e": 3}, 0)).To(Succeed())
			Expect(s.GetMany([]string{"d", "e"})).To(HaveLen(2))
			Expect(s.SetMany(map[string]int{"d": 4, "f": 4, "g": 4}, 0)).To(Succeed())
			Expect(s.GetMany([]string{"d", "f", "g"})).To(HaveLen(3))
		}
	})
	It("17: a batch that is larger than the capacity is refused as a whole", func() {
		s := opened(e, lastmodstore.MaxEntries(2))
		set(s, "a", 1, 0)
		Expect(s.SetMany(map[string]int{"a": 2, "b": 2, "c": 2}, 0)).To(MatchError(lastmodstore.ErrFull))
		Expect(s.GetMany([]string{"a", "b", "c"})).To(HaveLen(1))
		Expect(valueOf(s, "a")).To(Equal(1))
	})
	It("17: RejectWhenFull refuses new keys alone, and SetMany whole", func() {
		s := opened(e, lastmodstore.MaxEntries(2), lastmodstore.RejectWhenFull())
		set(s, "a", 1, 0)
		Expect(s.SetMany(map[string]int{"a": 5, "b": 5, "c": 5}, 0)).To(MatchError(lastmodstore.ErrFull))
		Expect(s.GetMany([]string{"a", "b", "c"})).To(HaveLen(1))
		Expect(valueOf(s, "a")).To(Equal(1))
		set(s, "b", 2, 0)
		Expect(s.Set("c", 3, 0)).To(MatchError(lastmodstore.ErrFull))
		_, err := s.Merge("c", entry{LastModified: time.Now()})
		Expect(err).To(MatchError(lastmodstore.ErrFull))
		set(s, "a", 9, 0)
		Expect(s.Len()).To(Equal(2))
	})
}
