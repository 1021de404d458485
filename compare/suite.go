package compare

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/lastmodstore/lastmodstore"
)

type (
	stringStore = lastmodstore.Store[string, int]
	entry       = lastmodstore.Entry[int]
)

// Specs registers the conformance suite of one engine: what its methods return,
// concurrently with each other and at the edges. What has to do with time is in
// [Timing]. A number at the head of a case is that of the sentence of
// docs/contract.md that it enforces.
//
// It finds no race that the race detector does not see, and no fault that needs
// one particular interleaving.
func Specs(e Engine) {
	Describe(e.Name, func() {
		BeforeEach(func() {
			SetDefaultEventuallyTimeout(patience * time.Second)
			running := goleak.IgnoreCurrent()
			DeferCleanup(func() { Expect(goleak.Find(running)).To(Succeed()) })
		})
		Describe("basic operations", func() { basics(e) })
		Describe("capacity", func() { capacity(e) })
		Describe("time outside a bubble", func() { timesOutsideABubble(e) })
		Describe("times that travel", func() { timesThatTravel(e) })
		Describe("merging", func() { merging(e) })
		Describe("concurrent access", func() { concurrency(e) })
		Describe("edge cases", func() { edges(e) })
		Describe("change feed", func() { feed(e) })
		Describe("lifecycle", func() { lifecycle(e) })
	})
}

// opened returns a store that is closed when the spec ends, before the search for leaks.
func opened(e Engine, opts ...lastmodstore.Option) stringStore {
	s := e.Strings(time.Minute, opts...)
	DeferCleanup(s.Close)
	return s
}

func set(s stringStore, key string, value int, ttl time.Duration) entry {
	GinkgoHelper()
	Expect(s.Set(key, value, ttl)).To(Succeed())
	e, ok := s.GetEntry(key)
	Expect(ok).To(BeTrue())
	return e
}

// valueOf is the value of key, or nil if it is absent.
func valueOf[K comparable, V any](s lastmodstore.Reader[K, V], key K) any {
	if value, ok := s.Get(key); ok {
		return value
	}
	return nil
}

func basics(e Engine) {
	It("sets, gets, overwrites and deletes", func() {
		s := opened(e)
		_, ok := s.Get("a")
		Expect(ok).To(BeFalse())
		set(s, "a", 1, 0)
		set(s, "a", 2, 0)
		Expect(valueOf(s, "a")).To(Equal(2))
		Expect(s.Len()).To(Equal(1))
		Expect(s.Delete("a")).To(BeTrue())
		Expect(s.Delete("a")).To(BeFalse())
		_, ok = s.Get("a")
		Expect(ok).To(BeFalse())
		Expect(s.Len()).To(BeZero())
	})
	It("2: Touch changes the deadline alone", func() {
		s := opened(e)
		old := set(s, "a", 1, time.Minute)
		Expect(s.Touch("a", time.Hour)).To(BeTrue())
		now, _ := s.GetEntry("a")
		Expect(now.LastModified).To(Equal(old.LastModified))
		Expect(now.Value).To(Equal(1))
		Expect(now.TTL).To(Equal(time.Hour))
		Expect(now.ExpiresAt).To(BeTemporally(">", old.ExpiresAt))
		Expect(s.Touch("a", lastmodstore.NoExpiry)).To(BeTrue())
		now, _ = s.GetEntry("a")
		Expect(now.ExpiresAt.IsZero()).To(BeTrue())
		Expect(s.Touch("b", time.Hour)).To(BeFalse())
	})
	It("9: SetIfUnmodifiedSince stores under its condition and returns what is present afterwards", func() {
		s := opened(e)
		_, ok, err := s.SetIfUnmodifiedSince("a", 1, 0, time.Now())
		Expect(ok, err).To(BeFalse(), "an absent key fails")
		first, ok, err := s.SetIfUnmodifiedSince("a", 1, 0, time.Time{})
		Expect(ok, err).To(BeTrue())
		again, ok, err := s.SetIfUnmodifiedSince("a", 9, 0, time.Time{})
		Expect(ok, err).To(BeFalse())
		Expect(again).To(Equal(first))
		second, ok, err := s.SetIfUnmodifiedSince("a", 2, 0, first.LastModified)
		Expect(ok, err).To(BeTrue())
		stale, ok, err := s.SetIfUnmodifiedSince("a", 3, 0, first.LastModified)
		Expect(ok, err).To(BeFalse())
		Expect(stale).To(Equal(second))
		// The version survives a trip through a clock reading without the monotonic part.
		_, ok, err = s.SetIfUnmodifiedSince("a", 4, 0, second.LastModified.Round(0))
		Expect(ok, err).To(BeTrue())
		Expect(valueOf(s, "a")).To(Equal(4))
	})
	It("9: DeleteIfUnmodifiedSince deletes under its condition", func() {
		s := opened(e)
		old := set(s, "a", 1, 0)
		now := set(s, "a", 2, 0)
		Expect(s.DeleteIfUnmodifiedSince("a", old.LastModified)).To(BeFalse())
		Expect(s.DeleteIfUnmodifiedSince("a", time.Time{})).To(BeFalse())
		Expect(s.DeleteIfUnmodifiedSince("a", now.LastModified)).To(BeTrue())
		Expect(s.Len()).To(BeZero())
	})
	It("10: Update and Add run on any store, and an error stores nothing", func() {
		s := opened(e)
		window, err := lastmodstore.Add(s, "n", 2, time.Hour)
		Expect(err).NotTo(HaveOccurred())
		Expect(window.Value).To(Equal(2))
		later, err := lastmodstore.Add(s, "n", 3, time.Minute)
		Expect(err).NotTo(HaveOccurred())
		Expect(later.Value).To(Equal(5))
		Expect(later.ExpiresAt).To(Equal(window.ExpiresAt), "later additions do not extend the window")
		held, _ := s.GetEntry("n")
		Expect(held).To(Equal(later))
		_, err = s.Add("n", 1, -2)
		Expect(err).To(MatchError(lastmodstore.ErrInvalidTTL), "also of a counter that is present")
		any := e.Any(0)
		defer any.Close()
		_, err = any.Add("n", 1, 0)
		Expect(err).To(MatchError(lastmodstore.ErrNotNumber))
		_, err = lastmodstore.Update(s, "n", func(old entry, ok bool) (int, time.Duration, error) {
			return 99, 0, lastmodstore.ErrFull
		})
		Expect(err).To(MatchError(lastmodstore.ErrFull))
		Expect(valueOf(s, "n")).To(Equal(5))
	})
	It("12: All yields each entry once, and its body may call the store", func() {
		s := opened(e)
		for i := range 3000 {
			set(s, fmt.Sprint(i), i, 0)
		}
		seen := map[string]int{}
		for key, e := range s.All() {
			seen[key]++
			Expect(s.Set(key, e.Value+1, 0)).To(Succeed())
			Expect(s.Delete("7")).To(BeElementOf(true, false))
		}
		for key, n := range seen {
			Expect(n).To(Equal(1), key)
		}
		Expect(len(seen)).To(BeNumerically(">=", 2999))
	})
	It("13: ModifiedSince yields what changed after t, oldest first, and can go on", func() {
		s := opened(e)
		for i := range 5000 {
			set(s, fmt.Sprint(i), i, 0)
		}
		mark, _ := s.GetLastModified("2999")
		set(s, "10", 10_000, 0)
		next := 3000
		for key, e := range s.ModifiedSince(mark) {
			if next == 5000 {
				Expect(key).To(Equal("10"))
			} else {
				Expect(e.Value).To(Equal(next))
			}
			next++
			mark = e.LastModified
			s.Set("1", next, 0) // left to the next call
		}
		Expect(next).To(Equal(5001))
		for key := range s.ModifiedSince(mark) {
			Expect(key).To(Equal("1"))
			next++
		}
		Expect(next).To(Equal(5002))
	})
	It("14: GetMany and SetMany take any number of keys", func() {
		s := opened(e)
		Expect(s.SetMany(nil, 0)).To(Succeed())
		Expect(s.GetMany(nil)).To(BeEmpty())
		Expect(s.SetMany(map[string]int{"a": 1, "b": 2}, time.Hour)).To(Succeed())
		got := s.GetMany([]string{"a", "b", "c", "a"})
		Expect(got).To(HaveLen(2))
		Expect(got["b"].Value).To(Equal(2))
		Expect(got["b"].TTL).To(Equal(time.Hour))
	})
	It("counts in Stats what it did", func() {
		s := opened(e, lastmodstore.CountReads())
		set(s, "a", 1, 0)
		s.Get("b")
		s.Delete("a")
		s.Clear()
		stats := s.Stats()
		Expect([]uint64{stats.Sets, stats.Deletes, stats.Hits, stats.Misses}).To(Equal([]uint64{1, 1, 1, 1}))
	})
}
