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
	"github.com/lastmodstore/lastmodstore/internal/turn"
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
				time.Sleep(time.Nanosecond)
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

// A taker is a shard that remembers the turn it was given.
type taker struct {
	stringStore
	turn turn.Turn
}

func (k *taker) SweepInTurn(t turn.Turn) {
	k.turn = t
	k.stringStore.(turn.Taker).SweepInTurn(t)
}

// 4: shards do not sweep all at once. While the turn is another's none sweeps;
// then all do, and each gives the turn back. One that waits for it can be closed.
func TestTimingOfSweepsInTurn(t *testing.T) {
	for _, e := range compare.Engines() {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			var takers []*taker
			s := lastmodstore.NewSharded(4, func() stringStore {
				takers = append(takers, &taker{stringStore: e.Strings(time.Minute)})
				return takers[len(takers)-1]
			})
			defer s.Close()
			shared := takers[0].turn
			for _, k := range takers {
				g.Expect(k.turn).To(BeIdenticalTo(shared))
			}
			fill := func() {
				for i := range 1000 {
					g.Expect(s.Set(fmt.Sprint(i), i, time.Second)).To(Succeed())
				}
				time.Sleep(time.Minute)
				synctest.Wait()
			}
			shared <- struct{}{}
			fill()
			g.Expect(s.Len()).To(Equal(1000))
			<-shared
			synctest.Wait()
			g.Expect(s.Len()).To(BeZero())
			fill()
			g.Expect(s.Len()).To(BeZero())
			shared <- struct{}{}
			fill()
			g.Expect(s.Len()).To(Equal(1000))
			g.Expect(s.Close()).To(Succeed())
		})
	}
}

// The feed of all shards never goes back in time, and a replica that follows it
// knows in the end what the store holds; cut and resumed, it goes a nanosecond
// back, for an event of another shard with the same time.
func TestFeedOfShards(t *testing.T) {
	for _, e := range compare.Engines() {
		t.Run(e.Name, func(t *testing.T) {
			watched(t, func() {
				for seed := range uint64(long(6, 200)) {
					followMany(t, sharded(e, lastmodstore.RemovalLog(100_000)), seed, 2, true)
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
