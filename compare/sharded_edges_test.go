package compare_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
)

// 23, 29: a merged entry that is ahead of the clock raises the times of later
// modifications in every shard.
func TestTimingOfShardsAfterAMergeAheadOfTheClock(t *testing.T) {
	for _, e := range compare.Engines() {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			s := compare.Shards(8, e).Strings(0)
			defer s.Close()
			ahead := time.Now().Add(50 * time.Second)
			g.Expect(s.Merge("a", intEntry{LastModified: ahead})).To(BeTrue())
			for i := range 100 {
				key := fmt.Sprint(i)
				g.Expect(s.Set(key, i, 0)).To(Succeed())
				at, _ := s.GetLastModified(key)
				g.Expect(at.After(ahead)).To(BeTrue(), "%s: %s %v", e.Name, key, at)
			}
		})
	}
}

// 20, 29: a watch ends at once when the store closes or its context ends, whatever
// it waits for: here, an entry that was merged ahead of the clock.
func TestTimingOfWatchersOfShardsThatEnd(t *testing.T) {
	for _, e := range compare.Engines() {
		for name, end := range map[string]func(s stringStore, cancel func()){
			"Close":  func(s stringStore, _ func()) { s.Close() },
			"cancel": func(_ stringStore, cancel func()) { cancel() },
		} {
			synctest.Test(t, func(t *testing.T) {
				s := compare.Shards(4, e).Strings(0)
				defer s.Close()
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				s.Merge("a", intEntry{LastModified: time.Now().Add(50 * time.Second)})
				ended := make(chan time.Time, 1)
				go func() {
					for range s.Watch(ctx, time.Time{}) {
					}
					ended <- time.Now()
				}()
				synctest.Wait()
				start := time.Now()
				end(s, cancel)
				if late := (<-ended).Sub(start); late > 0 {
					t.Errorf("20: %s: a watch ended %v after %s", e.Name, late, name)
				}
			})
		}
	}
}

// 11, 21, 29: a function of OnRemove may write until it is told that the store is
// closed. Close waits for it, so every shard must be closed before it does.
func TestTimingOfAListenerThatWritesUntilClosed(t *testing.T) {
	for _, e := range polled() {
		t.Run(e.Name, func(t *testing.T) {
			for i := range 10 { // the shards of the two keys may be closed in either order
				synctest.Test(t, func(t *testing.T) { closeWhileListenerWrites(t, e.Strings(0), fmt.Sprint(i)) })
			}
		})
	}
}

func closeWhileListenerWrites(t *testing.T, s stringStore, key string) {
	started := make(chan struct{})
	s.Set("a", 1, 0)
	s.OnRemove(func(removed string, _ intEntry, _ lastmodstore.EventKind) {
		if removed != "a" {
			return
		}
		close(started)
		for range 100_000 {
			if err := s.Set(key, 1, 0); errors.Is(err, lastmodstore.ErrClosed) {
				return
			}
			runtime.Gosched()
		}
		t.Error("11: Close waits for a listener that waits for Close")
	})
	s.Delete("a")
	<-started
	s.Close()
}

// 29: a Sharded of Sharded stores satisfies the contract as well, or is refused with
// a sentence that says why.
func TestTimingOfNestedShards(t *testing.T) {
	for _, e := range compare.Engines() {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			var s stringStore
			refusal := func() (said any) {
				defer func() { said = recover() }()
				s = compare.Shards(2, compare.Shards(2, e)).Strings(0)
				return nil
			}()
			if refusal != nil {
				g.Expect(refusal).To(ContainSubstring("lastmodstore: NewSharded"))
				return
			}
			defer s.Close()
			p, c := newPoller(t, s), &copyist{t: t, source: s, copy: e.Strings(0)}
			defer c.copy.Close()
			for i := range 200 {
				g.Expect(s.Set(fmt.Sprint(i%30), i, 0)).To(Succeed())
				if i%10 == 0 {
					p.poll(func(string, intEntry) {})
					p.compare()
					c.catchUp(-1)
					c.compare()
				}
			}
		})
	}
}
