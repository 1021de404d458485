package compare

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// Timing tests what has to do with time, in synctest bubbles. Its cases are named
// as those of [Specs].
func Timing(t *testing.T, e Engine) {
	for _, c := range []struct {
		name string
		run  func(g gomega.Gomega, e Engine)
	}{
		{"1: absent for every operation from the deadline on, and not before", deadline},
		{"1: overwriting an expired entry is an insertion", overwrite},
		{"2: reads extend no TTL", reads},
		{"5: background cleanup removes an entry within one interval of its deadline", ticks},
		{"3: Until returns a TTL that never means no expiry", until},
		{"4: a sweep spares what was renewed", renewed},
		{"6: a clock that stands still gives different times", still},
		{"10: the window of Add closes when it said", window},
		{"12, 13: a loop yields what is renewed before it gets there", renewedInLoop},
		{"17: expired entries make room before live ones", roomOfExpired},
		{"23: an older entry that arrives after a newer one has expired is rejected while that is remembered", outlived},
		{"1: Clear counts the expired entries that it removes as expired", clearedExpired},
		{"3: a deadline past the last representable time is none", endOfTime},
		{"24: one change reaches every watcher that waits for it", watchedByMany},
	} {
		t.Run(e.Name+"/"+c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.run(gomega.NewWithT(t), e) })
		})
	}
	t.Run(e.Name+"/22: what a store pools stays in its bubble", func(t *testing.T) {
		for range 3 {
			synctest.Test(t, func(t *testing.T) { pools(gomega.NewWithT(t), e) })
		}
	})
}

const ttl1 = time.Second

func until(g gomega.Gomega, e Engine) {
	s := e.Strings(0)
	defer s.Close()
	for _, c := range []struct {
		t    time.Time
		want time.Duration
	}{
		{time.Now().Add(ttl1), ttl1},
		{time.Now().Add(ttl1).Round(0), ttl1},
		{time.Now(), 1},
		{time.Now().Add(-1), 1},
		{time.Now().Add(-time.Hour), 1},
		{time.Time{}, 1},
	} {
		ttl := lastmodstore.Until(c.t)
		g.Expect(ttl).To(gomega.Equal(c.want))
		g.Expect(s.Set("a", 1, ttl)).To(gomega.Succeed())
		entry, ok := s.GetEntry("a")
		g.Expect(ok).To(gomega.BeTrue())
		g.Expect(entry.ExpiresAt).To(gomega.Equal(time.Now().Add(c.want)))
	}
}

func ticks(g gomega.Gomega, e Engine) {
	const interval = 300 * time.Millisecond
	s := e.Strings(interval)
	defer s.Close()
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 20 {
		for i := range 700 { // several sweep steps
			s.Set(time.Duration(i).String(), i, ttl1)
		}
		time.Sleep(ttl1 - 1)
		synctest.Wait()
		g.Expect(s.Len()).To(gomega.Equal(700))
		time.Sleep(interval + 1)
		synctest.Wait()
		g.Expect(s.Len()).To(gomega.BeZero(), "round %d", round)
		time.Sleep(time.Duration(random.Int64N(int64(interval)))) // so that deadlines fall anywhere between ticks
	}
	g.Expect(s.Stats().Expirations).To(gomega.BeEquivalentTo(20 * 700))
}

func renewed(g gomega.Gomega, e Engine) {
	s := e.Strings(0)
	defer s.Close()
	for _, k := range []string{"touched", "set", "forever", "shortened", "left"} {
		s.Set(k, 1, ttl1)
	}
	s.Touch("touched", 2*ttl1)
	s.Set("set", 2, 2*ttl1)
	s.Touch("forever", lastmodstore.NoExpiry)
	s.Touch("shortened", ttl1/2)
	time.Sleep(ttl1 / 2)
	g.Expect(s.Cleanup()).To(gomega.Equal(1), "shortened")
	time.Sleep(ttl1 / 2)
	g.Expect(s.Cleanup()).To(gomega.Equal(1), "left")
	g.Expect(s.GetMany([]string{"touched", "set", "forever"})).To(gomega.HaveLen(3))
	time.Sleep(ttl1)
	g.Expect(s.Cleanup()).To(gomega.Equal(2))
	g.Expect(s.Len()).To(gomega.Equal(1))
}

func still(g gomega.Gomega, e Engine) {
	s := e.Strings(0)
	defer s.Close()
	last := time.Time{}
	for i := range 100 {
		s.Set("a", i, 0)
		at, _ := s.GetLastModified("a")
		g.Expect(at.After(last)).To(gomega.BeTrue())
		g.Expect(time.Until(at)).To(gomega.BeNumerically("<=", 2*i+1), "a nanosecond each at most, for opening, Set and Delete")
		last = at
		s.Delete("a")
	}
}

func window(g gomega.Gomega, e Engine) {
	s := e.Strings(0)
	defer s.Close()
	for i := range 10 {
		added, err := lastmodstore.Add(s, "n", 1, ttl1)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(added.Value).To(gomega.Equal(i + 1))
		g.Expect(added.ExpiresAt).To(gomega.Equal(time.Now().Add(ttl1 - time.Duration(i)*ttl1/10)))
		time.Sleep(ttl1 / 10)
	}
	added, err := lastmodstore.Add(s, "n", 1, ttl1)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(added.Value).To(gomega.Equal(1))
}

func roomOfExpired(g gomega.Gomega, e Engine) {
	s := e.Strings(0, lastmodstore.MaxEntries(3), lastmodstore.RejectWhenFull())
	defer s.Close()
	s.Set("old", 1, 0)
	s.Set("short", 1, ttl1)
	s.Set("long", 1, 2*ttl1)
	g.Expect(s.Set("new", 1, 0)).To(gomega.MatchError(lastmodstore.ErrFull))
	time.Sleep(ttl1)
	g.Expect(s.Set("new", 1, 0)).To(gomega.Succeed())
	g.Expect(s.GetMany([]string{"old", "long", "new"})).To(gomega.HaveLen(3))
}

func pools(g gomega.Gomega, e Engine) {
	s := e.Strings(ttl1)
	defer s.Close()
	for i := range 10 {
		g.Expect(s.Set("a", i, ttl1)).To(gomega.Succeed())
		g.Expect(s.GetMany([]string{"a"})).To(gomega.HaveLen(1))
	}
}

func renewedInLoop(g gomega.Gomega, e Engine) {
	for _, loop := range loops {
		s := e.Strings(0)
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
		g.Expect(seen).To(gomega.BeNumerically("~", 50, 1), "the first may be one that was not renewed")
		g.Expect(s.Close()).To(gomega.Succeed())
	}
}

// loops are the loops over all entries.
var loops = []func(stringStore) iter.Seq2[string, entry]{stringStore.All, since(time.Time{})}

func since(t time.Time) func(stringStore) iter.Seq2[string, entry] {
	return func(s stringStore) iter.Seq2[string, entry] { return s.ModifiedSince(t) }
}

func watchedByMany(g gomega.Gomega, e Engine) {
	s := e.Strings(0)
	var got [10]int
	for i := range got {
		go func() {
			for event := range s.Watch(context.Background(), time.Time{}) {
				got[i] += event.Entry.Value
			}
		}()
	}
	for n := range 3 {
		synctest.Wait()
		g.Expect(got).To(gomega.HaveEach(n))
		g.Expect(s.Set("a", 1, 0)).To(gomega.Succeed())
	}
	g.Expect(s.Close()).To(gomega.Succeed())
	synctest.Wait()
}
