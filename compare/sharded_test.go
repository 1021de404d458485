package compare_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
)

// What several shards keep together. What one keeps alone is tested with every
// other engine: see tested.

func sharded(e compare.Engine, opts ...lastmodstore.Option) *lastmodstore.Sharded[string, int] {
	return lastmodstore.NewSharded(4, func() stringStore { return e.Strings(50*time.Microsecond, opts...) })
}

func TestShardsListChangesInOrderOfTime(t *testing.T) {
	for _, e := range compare.Engines() {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			s := sharded(e)
			defer s.Close()
			values := map[string]int{}
			for i := range 1000 {
				time.Sleep(10 * time.Nanosecond) // more than what keeps the times of shards apart
				g.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
				values[fmt.Sprint(i)] = i
			}
			next := 0
			for _, e := range s.ModifiedSince(time.Time{}) {
				g.Expect(e.Value).To(Equal(next))
				next++
			}
			g.Expect(next).To(Equal(1000))
			g.Expect(s.Len()).To(Equal(1000))
			g.Expect(s.SetMany(values, 0)).To(Succeed())
			keys := []string{"none"}
			for key := range s.All() {
				keys = append(keys, key)
			}
			g.Expect(keys).To(HaveLen(1001))
			g.Expect(s.GetMany(keys)).To(HaveLen(1000))
			g.Expect(s.Stats().Sets).To(BeEquivalentTo(2000))
			g.Expect(s.Clear()).To(Succeed())
			g.Expect(s.Len()).To(BeZero())
		})
	}
}

func TestShardsStoreNothingOfAnInvalidBatch(t *testing.T) {
	g := NewWithT(t)
	for _, e := range compare.Engines() {
		s := sharded(e)
		g.Expect(s.SetMany(map[string]int{"a": 1, "b": 2, "c": 3}, -5)).To(MatchError(lastmodstore.ErrInvalidTTL))
		g.Expect(s.Len()).To(BeZero())
		g.Expect(s.Close()).To(Succeed())
		g.Expect(s.SetMany(map[string]int{"a": 1}, -5)).To(MatchError(lastmodstore.ErrClosed))
	}
	g.Expect(func() { lastmodstore.NewSharded[string, int](0, nil) }).To(PanicWith(ContainSubstring("at least 1")))
}

// The feed of all shards never goes back in time, and a replica that follows it
// knows in the end what the store holds; cut and resumed, it goes a nanosecond
// back, for an event of another shard with the same time.
func TestFeedOfShards(t *testing.T) {
	for _, e := range compare.Engines() {
		t.Run(e.Name, func(t *testing.T) {
			watched(t, func(p *compare.Progress) {
				for seed := range uint64(atLength(6, 200)) {
					followMany(t, p, sharded(e, lastmodstore.RemovalLog(100_000)), seed, 2, true)
				}
			})
		})
	}
}

// In a bubble, where the clock stands, the feed of shards waits and goes on.
func TestFeedOfShardsWaits(t *testing.T) {
	for _, e := range compare.Engines() {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			s := sharded(e)
			defer s.Close()
			ctx, cancel := context.WithCancel(context.Background())
			var got []int
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				for e := range s.Watch(ctx, time.Time{}) {
					got = append(got, e.Entry.Value)
				}
			}()
			for i := range 200 {
				g.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
				if i%3 == 0 {
					time.Sleep(time.Microsecond)
				}
				if i%10 == 9 {
					time.Sleep(time.Microsecond)
					synctest.Wait()
					g.Expect(got).To(HaveLen(i + 1))
				}
			}
			cancel()
			<-ended
		})
	}
}
