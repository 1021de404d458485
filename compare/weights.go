package compare

import (
	"fmt"
	"math/rand/v2"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// byValue returns MaxWeight(n) with a weigher for which each value is its own weight.
func byValue(n int) lastmodstore.Option {
	return lastmodstore.MaxWeight(n, func(_ string, value int) int { return value })
}

// weights tests MaxWeight. For the calls of the weigher, see weighers.
func weights(c *cases) {
	c = c.with(Capacity, Weights, Counters, Batches)
	c.add("17: the total weight never exceeds MaxWeight; the least recently modified entries go, unless they were read", func(t *tester) {
		s := t.open(byValue(10))
		for _, k := range []string{"a", "b", "c", "d"} {
			t.Expect(s.Set(k, 2, 0)).To(Succeed())
		}
		t.expectWeight(s, 8, 10)
		s.Get("a")
		t.Expect(s.Set("e", 5, 0)).To(Succeed()) // 13: b and c have to go
		t.Expect(s.GetMany([]string{"a", "b", "c", "d", "e"})).To(And(HaveLen(3), HaveKey("a"), HaveKey("d"), HaveKey("e")))
		t.expectWeight(s, 9, 10)
		t.Expect(s.Stats().Evictions).To(BeEquivalentTo(2))
	})
	c.add("17: a heavier value evicts other entries, never its own, and a lighter one makes room", func(t *tester) {
		s := t.open(byValue(10))
		t.Expect(s.SetMany(map[string]int{"a": 3, "b": 3, "c": 3}, 0)).To(Succeed())
		t.Expect(s.Set("a", 10, 0)).To(Succeed())
		t.Expect(valueOf(s, "a")).To(Equal(10))
		t.Expect(s.Len()).To(Equal(1))
		t.Expect(s.Set("a", 1, 0)).To(Succeed())
		t.Expect(s.Set("b", 9, 0)).To(Succeed())
		t.Expect(s.Len()).To(Equal(2))
		t.expectWeight(s, 10, 10)
	})
	c.with(Conditions, Adding, Merging, Feed).addInBubble("17: an entry heavier than MaxWeight is refused and changes nothing", heavyIsRefused)
	c.addInBubble("17: expired entries are removed before any is evicted for its weight", func(t *tester) {
		s := t.engine.Strings(0, byValue(10), lastmodstore.MaxEntries(100))
		defer s.Close()
		t.Expect(s.Set("live", 5, 0)).To(Succeed())
		t.Expect(s.Set("expired", 5, 1)).To(Succeed())
		time.Sleep(time.Nanosecond)
		t.Expect(s.Set("new", 5, 0)).To(Succeed())
		t.Expect(valueOf(s, "live")).To(Equal(5))
		t.Expect(s.Len()).To(Equal(2))
		t.Expect(s.Stats().Evictions).To(BeZero())
	})
	c.add("17: entries of weight 0 do not count and are evicted by MaxEntries alone", func(t *tester) {
		s := t.open(byValue(3))
		for i := range 100 {
			t.Expect(s.Set(fmt.Sprint(i), 0, 0)).To(Succeed())
		}
		for i := range 10 {
			t.Expect(s.Set(fmt.Sprint("heavy", i), 3, 0)).To(Succeed())
		}
		t.Expect(s.Len()).To(Equal(101))
		t.expectWeight(s, 3, 3)

		both := t.open(byValue(3), lastmodstore.MaxEntries(5))
		for i := range 10 {
			t.Expect(both.Set(fmt.Sprint(i), 0, 0)).To(Succeed())
		}
		t.Expect(both.Len()).To(Equal(5))
	})
	c.with(Merging).addInBubble("17: RejectWhenFull refuses what is too heavy for the rest", rejectByWeight)
	c.add("17: a batch evicts by weight none of its own keys", func(t *tester) {
		for range 50 { // the order within a batch changes
			s := t.open(byValue(10))
			t.Expect(s.Set("old", 1, 0)).To(Succeed())
			t.Expect(s.SetMany(map[string]int{"a": 3, "b": 3, "c": 3}, time.Hour)).To(Succeed())
			t.Expect(s.SetMany(map[string]int{"a": 1, "b": 6, "d": 3}, lastmodstore.KeepTTL)).To(Succeed())
			got := s.GetMany([]string{"a", "b", "d"})
			t.Expect(got).To(HaveLen(3))
			t.Expect(got["b"].TTL).To(Equal(time.Hour), "it was not evicted meanwhile")
			t.Expect(s.Len()).To(Equal(3))
			t.expectWeight(s, 10, 10)
			t.Expect(s.Stats().Evictions).To(BeEquivalentTo(2))
		}
	})
	c.add("17: a batch that is heavier than MaxWeight is refused as a whole", func(t *tester) {
		s := t.open(byValue(10))
		t.set(s, "a", 1, 0)
		t.Expect(s.SetMany(map[string]int{"a": 4, "b": 4, "c": 4}, 0)).To(MatchError(lastmodstore.ErrFull))
		t.Expect(s.Len()).To(Equal(1))
		t.Expect(valueOf(s, "a")).To(Equal(1))
		t.expectWeight(s, 1, 10)
	})
	c.addInBubble("17: the weight follows what is removed; Touch does not change it", func(t *tester) {
		s := t.engine.Strings(0, byValue(100))
		defer s.Close()
		for i := range 10 {
			t.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
		}
		t.expectWeight(s, 45, 100)
		t.Expect(s.Delete("9")).To(BeTrue())
		t.Expect(s.Touch("8", 1)).To(BeTrue())
		t.Expect(s.Touch("7", time.Hour)).To(BeTrue())
		t.expectWeight(s, 36, 100)
		time.Sleep(time.Nanosecond)
		t.Expect(s.Cleanup()).To(Equal(1))
		t.expectWeight(s, 28, 100)
		t.Expect(s.Clear()).To(Succeed())
		t.expectWeight(s, 0, 100)
		t.Expect(s.Set("a", 100, 0)).To(Succeed())
		t.expectWeight(s, 100, 100)
	})
	c.with(Merging).on(anyShards).add("17: whatever is written, the weight is that of the entries and within the limit", func(t *tester) {
		t.seeds(20, 1000, func(seed uint64) { randomWeights(t, rand.New(rand.NewPCG(seed, 17))) })
	})
	c.on(several).add("17, 29: each shard has its own MaxWeight, and Stats adds them up", weightsOfShards)
}

// expectWeight expects the total and the limit in Stats.
func (t *tester) expectWeight(s stringStore, total, limit int) {
	t.Helper()
	stats := s.Stats()
	t.Expect([2]int{stats.Weight, stats.MaxWeight}).To(Equal([2]int{total, limit}))
}

func heavyIsRefused(t *tester) {
	s := t.engine.Strings(0, byValue(10), lastmodstore.RemovalLog(10))
	defer s.Close()
	old := t.set(s, "a", 6, time.Hour)
	t.set(s, "b", 4, 0)
	events := len(t.eventsNow(s, time.Time{}))
	for _, key := range []string{"a", "new"} {
		_, _, errIf := s.SetIfUnmodifiedSince(key, 11, 0, s.GetMany([]string{key})[key].LastModified)
		_, errAdd := s.Add(key, 11, 0)
		_, errMerge := s.Merge(key, entry{Value: 11, LastModified: time.Now().Add(time.Second)})
		for _, err := range []error{s.Set(key, 11, 0), s.SetMany(map[string]int{key: 11}, 0), errIf, errAdd, errMerge} {
			t.Expect(err).To(MatchError(lastmodstore.ErrFull))
		}
	}
	_, err := s.Add("a", 5, 0)
	t.Expect(err).To(MatchError(lastmodstore.ErrFull), "the sum is what counts")
	still, _ := s.GetEntry("a")
	t.Expect(still).To(Equal(old))
	t.Expect(s.Len()).To(Equal(2))
	t.expectWeight(s, 10, 10)
	t.Expect(t.eventsNow(s, time.Time{})).To(HaveLen(events))
}

func rejectByWeight(t *tester) {
	s := t.engine.Strings(0, byValue(10), lastmodstore.RejectWhenFull())
	defer s.Close()
	t.set(s, "a", 6, 0)
	t.Expect(s.Set("b", 5, 0)).To(MatchError(lastmodstore.ErrFull))
	_, err := s.Merge("b", entry{Value: 5, LastModified: time.Now()})
	t.Expect(err).To(MatchError(lastmodstore.ErrFull))
	t.set(s, "b", 4, 1)
	time.Sleep(time.Nanosecond)
	t.set(s, "c", 3, 0) // b has expired
	t.Expect(s.Set("a", 8, 0)).To(MatchError(lastmodstore.ErrFull))
	t.Expect(s.SetMany(map[string]int{"a": 7, "d": 1}, 0)).To(MatchError(lastmodstore.ErrFull))
	t.Expect(s.SetMany(map[string]int{"a": 1, "d": 6}, 0)).To(Succeed())
	t.set(s, "zero", 0, 0)
	t.expectWeight(s, 10, 10)
	t.Expect(s.Stats().Evictions).To(BeZero())
}

// randomWeights makes random writes without TTLs, so that all entries held can be seen.
func randomWeights(t *tester, rng *rand.Rand) {
	limit := 1 + rng.IntN(60)
	opts := []lastmodstore.Option{byValue(limit)}
	if rng.IntN(2) == 0 {
		opts = append(opts, lastmodstore.MaxEntries(1+rng.IntN(10)))
	}
	s := t.engine.Strings(0, opts...)
	defer s.Close()
	for range 300 {
		key, value := fmt.Sprint(rng.IntN(20)), max(0, rng.IntN(limit+5)-3)
		var err error
		switch rng.IntN(6) {
		case 0:
			_, err = s.Add(key, value/2, 0)
		case 1:
			_, err = s.Merge(key, entry{Value: value, LastModified: time.Now().Add(-time.Duration(rng.IntN(1000)))})
		case 2:
			_, err = s.Delete(key)
		case 3:
			s.Get(key)
		default:
			if err = s.Set(key, value, 0); err == nil {
				t.Expect(valueOf(s, key)).To(Equal(value))
			} else {
				t.Expect(value).To(BeNumerically(">", limit))
			}
		}
		if err != nil {
			t.Expect(err).To(MatchError(lastmodstore.ErrFull))
		}
		held := 0
		for _, e := range s.All() {
			held += e.Value
		}
		stats := s.Stats()
		t.Expect(stats.Weight).To(And(Equal(held), BeNumerically("<=", stats.MaxWeight)))
	}
}

func weightsOfShards(t *tester) {
	s := t.sharded(byValue(10))
	defer s.Close()
	t.expectWeight(s, 0, 40)
	t.Expect(s.Set("a", 11, 0)).To(MatchError(lastmodstore.ErrFull))
	for i := range 1000 {
		t.Expect(s.Set(fmt.Sprint(i), 1+i%10, 0)).To(Succeed())
	}
	stats := s.Stats()
	t.Expect(stats.Weight).To(And(BeNumerically(">", 10), BeNumerically("<=", 40)))
	t.Expect(stats.MaxWeight).To(Equal(40))
}
