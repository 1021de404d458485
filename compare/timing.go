package compare

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// timing tests what has to do with time, in synctest bubbles.
func timing(c *cases) {
	c.with(Feed, Batches, Adding, Counters, Conditions, Changes).addInBubble("1: absent for every operation from the deadline on, and not before", deadline)
	c.with(Counters).addInBubble("1: overwriting an expired entry is an insertion", overwrite)
	c.with(Feed, Batches, Changes).addInBubble("2: reads extend no TTL", reads)
	c.with(Sweeping, Counters).addInBubble("5: background cleanup removes an entry within one interval of its deadline", ticks)
	c.addInBubble("3: Until returns a TTL that never means no expiry", until)
	c.with(Batches).addInBubble("4: a sweep spares entries whose TTL was renewed", renewed)
	c.addInBubble("6: a clock that stands still gives different times", still)
	c.with(Adding).addInBubble("10: the window of Add closes at its ExpiresAt", window)
	c.with(Changes).addInBubble("12, 13: a loop yields an entry whose TTL is renewed before the loop reaches it", renewedInLoop)
	c.with(Capacity, Batches).addInBubble("17: expired entries make room before live ones", roomOfExpired)
	c.with(Merging, Feed).addInBubble("23: an older entry that arrives after a newer one has expired is rejected while that is remembered", outlived)
	c.with(Batches, Counters).addInBubble("1: Clear counts the expired entries that it removes as expired", clearedExpired)
	c.addInBubble("3: a deadline past the last representable time is none", endOfTime)
	c.with(Feed).addInBubble("24: one change reaches every watcher that waits for it", watchedByMany)
	c.with(Batches).add("22: what a store pools stays in its bubble", func(t *tester) {
		for range 3 {
			t.bubble(func() { pools(t) })
		}
	})
}

const ttl1 = time.Second

func until(t *tester) {
	s := t.engine.Strings(0)
	defer s.Close()
	for _, c := range []struct {
		at   time.Time
		want time.Duration
	}{
		{time.Now().Add(ttl1), ttl1},
		{time.Now().Add(ttl1).Round(0), ttl1},
		{time.Now(), 1},
		{time.Now().Add(-1), 1},
		{time.Now().Add(-time.Hour), 1},
		{time.Time{}, 1},
	} {
		ttl := lastmodstore.Until(c.at)
		t.Expect(ttl).To(Equal(c.want))
		t.Expect(s.Set("a", 1, ttl)).To(Succeed())
		entry, ok := s.GetEntry("a")
		t.Expect(ok).To(BeTrue())
		t.Expect(entry.ExpiresAt).To(Equal(time.Now().Add(c.want)))
	}
}

func ticks(t *tester) {
	const interval = 300 * time.Millisecond
	s := t.engine.Strings(interval)
	defer s.Close()
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 20 {
		for i := range 700 { // several sweep steps
			s.Set(time.Duration(i).String(), i, ttl1)
		}
		time.Sleep(ttl1 - 1)
		synctest.Wait()
		t.Expect(s.Len()).To(Equal(700))
		time.Sleep(interval + 1)
		synctest.Wait()
		t.Expect(s.Len()).To(BeZero(), "round %d", round)
		time.Sleep(time.Duration(random.Int64N(int64(interval)))) // so that deadlines fall anywhere between ticks
	}
	t.Expect(s.Stats().Expirations).To(BeEquivalentTo(20 * 700))
}

func renewed(t *tester) {
	s := t.engine.Strings(0)
	defer s.Close()
	for _, k := range []string{"touched", "set", "forever", "shortened", "left"} {
		s.Set(k, 1, ttl1)
	}
	s.Touch("touched", 2*ttl1)
	s.Set("set", 2, 2*ttl1)
	s.Touch("forever", lastmodstore.NoExpiry)
	s.Touch("shortened", ttl1/2)
	time.Sleep(ttl1 / 2)
	t.Expect(s.Cleanup()).To(Equal(1), "shortened")
	time.Sleep(ttl1 / 2)
	t.Expect(s.Cleanup()).To(Equal(1), "left")
	t.Expect(s.GetMany([]string{"touched", "set", "forever"})).To(HaveLen(3))
	time.Sleep(ttl1)
	t.Expect(s.Cleanup()).To(Equal(2))
	t.Expect(s.Len()).To(Equal(1))
}

func still(t *tester) {
	s := t.engine.Strings(0)
	defer s.Close()
	last := time.Time{}
	for i := range 100 {
		s.Set("a", i, 0)
		at, _ := s.GetLastModified("a")
		t.Expect(at.After(last)).To(BeTrue())
		t.Expect(time.Until(at)).To(BeNumerically("<=", 2*i+1), "a nanosecond each at most, for opening, Set and Delete")
		last = at
		s.Delete("a")
	}
}

func window(t *tester) {
	s := t.engine.Strings(0)
	defer s.Close()
	for i := range 10 {
		added, err := lastmodstore.Add(s, "n", 1, ttl1)
		t.Expect(err).NotTo(HaveOccurred())
		t.Expect(added.Value).To(Equal(i + 1))
		t.Expect(added.ExpiresAt).To(Equal(time.Now().Add(ttl1 - time.Duration(i)*ttl1/10)))
		time.Sleep(ttl1 / 10)
	}
	added, err := lastmodstore.Add(s, "n", 1, ttl1)
	t.Expect(err).NotTo(HaveOccurred())
	t.Expect(added.Value).To(Equal(1))
}

func roomOfExpired(t *tester) {
	s := t.engine.Strings(0, lastmodstore.MaxEntries(3), lastmodstore.RejectWhenFull())
	defer s.Close()
	s.Set("old", 1, 0)
	s.Set("short", 1, ttl1)
	s.Set("long", 1, 2*ttl1)
	t.Expect(s.Set("new", 1, 0)).To(MatchError(lastmodstore.ErrFull))
	time.Sleep(ttl1)
	t.Expect(s.Set("new", 1, 0)).To(Succeed())
	t.Expect(s.GetMany([]string{"old", "long", "new"})).To(HaveLen(3))
}

func pools(t *tester) {
	s := t.engine.Strings(ttl1)
	defer s.Close()
	for i := range 10 {
		t.Expect(s.Set("a", i, ttl1)).To(Succeed())
		t.Expect(s.GetMany([]string{"a"})).To(HaveLen(1))
	}
}

func renewedInLoop(t *tester) {
	for _, loop := range loops {
		s := t.engine.Strings(0)
		for i := range 100 {
			s.Set(fmt.Sprint(i), i, ttl1)
		}
		seen := 0
		for range loop(s) {
			if seen++; seen > 1 {
				continue
			}
			for i := range 50 {
				s.Touch(fmt.Sprint(i), 2*ttl1)
			}
			time.Sleep(ttl1)
		}
		t.Expect(seen).To(BeNumerically("~", 50, 1), "the first may be one that was not renewed")
		t.Expect(s.Close()).To(Succeed())
	}
}

// loops are the loops over all entries.
var loops = []func(stringStore) iter.Seq2[string, entry]{stringStore.All, since(time.Time{})}

func since(t time.Time) func(stringStore) iter.Seq2[string, entry] {
	return func(s stringStore) iter.Seq2[string, entry] { return s.ModifiedSince(t) }
}

func watchedByMany(t *tester) {
	s := t.engine.Strings(0)
	var got [10]int
	for i := range got {
		t.Go(func() {
			for event := range s.Watch(context.Background(), time.Time{}) {
				got[i] += event.Entry.Value
			}
		})
	}
	for n := range 3 {
		synctest.Wait()
		t.Expect(got).To(HaveEach(n))
		t.Expect(s.Set("a", 1, 0)).To(Succeed())
	}
	t.Expect(s.Close()).To(Succeed())
	synctest.Wait()
}
