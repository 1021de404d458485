package compare

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// shardCases test what several shards have in common.
func shardCases(c *cases) {
	c = c.on(several)
	c.addInBubble("13, 29: shards list changes in order of time", changesOfShards)
	c.add("29: shards store nothing of an invalid batch", invalidBatchOfShards)
	c.add("24, 29: the feed of shards never goes back in time", func(t *tester) {
		t.seeds(6, 200, func(seed uint64) {
			followMany(t, t.sharded(lastmodstore.RemovalLog(100_000)), seed, 2, true)
		})
	})
	c.addInBubble("24, 29: the feed of shards continues while the clock stands still", feedOfShardsWaits)
	c.addInBubble("20, 23, 24, 29: an entry that is merged ahead of the clock does not hold the feed up", feedAheadOfTheClock)
	c.addInBubble("25, 29: if one shard had to forget, the whole feed begins with one Resync", oneResyncOfShards)
	c.addInBubble("13, 24, 29: no two modifications share a time, in whichever shards", uniqueTimesOfShards)
	c.addInBubble("23, 29: a Merge ahead of the clock raises later times in every shard", mergeAheadInShards)
	c.add("20, 29: a watch of shards ends at once with the store and with its context", endsOfWatches)
	c.on(anyShards).with(Listeners).add("11, 21, 29: a listener may write until the store is closed", func(t *tester) {
		for i := range 10 { // the shards of the two keys may be closed in either order
			t.bubble(func() { closeWhileListenerWrites(t, t.engine.Strings(0), fmt.Sprint(i)) })
		}
	})
	c.addInBubble("29: shards of shards satisfy the contract or are refused", shardsOfShards)
	c.add("12, 29: the body of a loop over shards may lock its thread", lockedThread)
	c.add("8, 29: a position that went through JSON means the same in each shard", positionsThroughJSON)
	for _, name := range slices.Sorted(maps.Keys(closeProbes)) {
		c.add("20, 29: shards close at one instant, found by "+name, func(t *tester) {
			for range t.rounds(6, 300) {
				closeWhile(t, name, closeProbes[name])
			}
		})
	}
}

// sharded opens four of the engine's stores as shards.
func (t *tester) sharded(opts ...lastmodstore.Option) *lastmodstore.Sharded[string, int] {
	return lastmodstore.NewSharded(4, func() stringStore { return t.engine.shard.Strings(50*time.Microsecond, opts...) })
}

func changesOfShards(t *tester) {
	s := t.sharded()
	defer s.Close()
	values := map[string]int{}
	for i := range 1000 {
		time.Sleep(10 * time.Nanosecond) // more than what keeps the times of shards apart
		t.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
		values[fmt.Sprint(i)] = i
	}
	next := 0
	for _, e := range s.ModifiedSince(time.Time{}) {
		t.Expect(e.Value).To(Equal(next))
		next++
	}
	t.Expect(next).To(Equal(1000))
	t.Expect(s.Len()).To(Equal(1000))
	t.Expect(s.SetMany(values, 0)).To(Succeed())
	keys := []string{"none"}
	for key := range s.All() {
		keys = append(keys, key)
	}
	t.Expect(keys).To(HaveLen(1001))
	t.Expect(s.GetMany(keys)).To(HaveLen(1000))
	t.Expect(s.Stats().Sets).To(BeEquivalentTo(2000))
	t.Expect(s.Clear()).To(Succeed())
	t.Expect(s.Len()).To(BeZero())
}

func invalidBatchOfShards(t *tester) {
	s := t.sharded()
	t.Expect(s.SetMany(map[string]int{"a": 1, "b": 2, "c": 3}, -5)).To(MatchError(lastmodstore.ErrInvalidTTL))
	t.Expect(s.Len()).To(BeZero())
	t.Expect(s.Close()).To(Succeed())
	t.Expect(s.SetMany(map[string]int{"a": 1}, -5)).To(MatchError(lastmodstore.ErrClosed))
	t.Expect(func() { lastmodstore.NewSharded[string, int](0, nil) }).To(PanicWith(ContainSubstring("at least 1")))
}

func feedOfShardsWaits(t *tester) {
	s := t.sharded()
	defer s.Close()
	ctx, cancel := context.WithCancel(context.Background())
	var got []int
	ended := make(chan struct{})
	t.Go(func() {
		defer close(ended)
		for e := range s.Watch(ctx, time.Time{}) {
			if e.Kind != lastmodstore.CaughtUp {
				got = append(got, e.Entry.Value)
			}
		}
	})
	for i := range 200 {
		t.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
		if i%3 == 0 {
			time.Sleep(time.Microsecond)
		}
		if i%10 == 9 {
			time.Sleep(time.Microsecond)
			synctest.Wait()
			t.Expect(got).To(HaveLen(i + 1))
		}
	}
	cancel()
	<-ended
}
