package sharded_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/epoch"
	"github.com/lastmodstore/lastmodstore/internal/seam"
	"github.com/lastmodstore/lastmodstore/internal/sharded"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

type store = lastmodstore.Store[string, int]

// eachEngine runs test in a bubble with each engine's New.
func eachEngine(t *testing.T, test func(g Gomega, open func(interval time.Duration) store)) {
	for name, open := range map[string]func(time.Duration) store{
		"actor":      func(d time.Duration) store { return actor.New[string, int](d) },
		"mutexstore": func(d time.Duration) store { return mutexstore.New[string, int](d) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(NewWithT(t), open) })
		})
	}
}

// joined opens n stores that share j.
func joined(g Gomega, n int, j engine.Joint, open func() store) (stores []store) {
	j.Shards = n
	for j.Shard = range n {
		s := open()
		shard, _, ok := seam.Shard[string](s)
		g.Expect(ok).To(BeTrue())
		g.Expect(shard.(engine.Shard[string, int]).Join(j)).To(BeTrue())
		stores = append(stores, s)
	}
	return stores
}

// 4: only one shard sweeps at a time, and when it has finished the next one does. A shard
// that waits to sweep can be closed.
func TestShardsSweepOneAfterAnother(t *testing.T) {
	eachEngine(t, func(g Gomega, open func(time.Duration) store) {
		sweeps := engine.NewSemaphore()
		stores := joined(g, 4, engine.Joint{Line: timeline.Start(), Readers: epoch.NewDomain(), Hub: engine.NewHub(), Sweeps: sweeps}, func() store { return open(time.Minute) })
		fill := func() {
			for i, s := range stores {
				for k := range 300 {
					g.Expect(s.Set(fmt.Sprint(k), i, time.Second)).To(Succeed())
				}
			}
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		held := func() (n int) {
			for _, s := range stores {
				n += s.Len()
			}
			return n
		}
		sweeps <- struct{}{}
		fill()
		g.Expect(held()).To(Equal(1200))
		<-sweeps
		synctest.Wait()
		g.Expect(held()).To(BeZero())
		fill()
		g.Expect(held()).To(BeZero())
		sweeps <- struct{}{}
		fill()
		g.Expect(held()).To(Equal(1200))
		for _, s := range stores {
			g.Expect(s.Close()).To(Succeed())
		}
	})
}

// A joining shard records its Joint.
type joining struct {
	engine.Shard[string, int]
	joint engine.Joint
}

func (s *joining) Join(j engine.Joint) bool {
	s.joint = j
	return true
}

// 4, 29: Join passes the same Joint to all shards, except for the index.
func TestShardsOfOneStoreShareOneJoint(t *testing.T) {
	g := NewWithT(t)
	var shards []any
	for range 3 {
		shards = append(shards, &joining{})
	}
	g.Expect(sharded.Join[string, int](shards)).NotTo(BeNil())
	for i, s := range shards {
		want := shards[0].(*joining).joint
		want.Shard, want.Shards = i, 3
		g.Expect(s.(*joining).joint == want).To(BeTrue())
	}
}

// wrapped is a store of a type that is no engine.
type wrapped struct{ store }

// embedding may have methods of its own, which using it as a shard would bypass.
type embedding struct {
	*mutexstore.Store[string, int]
}

func TestNewShardedRefusesWhatCannotBeAShard(t *testing.T) {
	eachEngine(t, func(g Gomega, open func(time.Duration) store) {
		var opened []store
		remember := func(s store) store {
			opened = append(opened, s)
			return s
		}
		same := open(0)
		used := func() store {
			s := open(0)
			s.Set("a", 1, 0)
			return s
		}
		closed := func() store {
			s := open(0)
			s.Close()
			return s
		}
		listened := func() store {
			s := open(0)
			s.OnRemove(func(string, lastmodstore.Entry[int], lastmodstore.EventKind) {})
			return s
		}
		other := mutexstore.New[string, string](0)
		defer other.Close()
		for why, shard := range map[string]func() store{
			"no engine":    func() store { return remember(wrapped{open(0)}) },
			"embedding":    func() store { return remember(embedding{mutexstore.New[string, int](0)}) },
			"nested":       func() store { return remember(lastmodstore.NewSharded(2, func() store { return open(0) })) },
			"nil":          func() store { return nil },
			"nil actor":    func() store { return (*actor.Store[string, int])(nil) },
			"nil mutex":    func() store { return (*mutexstore.Store[string, int])(nil) },
			"zero actor":   func() store { return new(actor.Store[string, int]) },
			"zero mutex":   func() store { return new(mutexstore.Store[string, int]) },
			"one twice":    func() store { return remember(same) },
			"used before":  func() store { return remember(used()) },
			"closed":       func() store { return remember(closed()) },
			"has listener": func() store { return remember(listened()) },
		} {
			opened = nil
			g.Expect(func() { lastmodstore.NewSharded(3, shard) }).To(PanicWith(HavePrefix("lastmodstore: NewSharded: open returned a")), why)
			for _, s := range opened {
				g.Expect(s.Done()).To(BeClosed(), why)
			}
		}
	})
}

// 19: NewSharded closes the stores that it has opened, even if open panics.
func TestNewShardedClosesWhatItOpenedIfOpenPanics(t *testing.T) {
	eachEngine(t, func(g Gomega, open func(time.Duration) store) {
		var opened []store
		g.Expect(func() {
			lastmodstore.NewSharded(4, func() store {
				if len(opened) == 3 {
					panic("cannot open")
				}
				opened = append(opened, open(time.Second))
				return opened[len(opened)-1]
			})
		}).To(PanicWith("cannot open"))
		for _, s := range opened {
			g.Expect(s.Done()).To(BeClosed())
		}
	})
}

func TestNewShardedRefusesAShardOfAnotherStore(t *testing.T) {
	eachEngine(t, func(g Gomega, open func(time.Duration) store) {
		one := open(0)
		first := lastmodstore.NewSharded(1, func() store { return one })
		defer first.Close()
		g.Expect(func() { lastmodstore.NewSharded(1, func() store { return one }) }).To(
			PanicWith(HavePrefix("lastmodstore: NewSharded: open returned a store that was used before")))
	})
}

// Otherwise its watcher would wait at a hub that nobody notifies any more.
func TestNewShardedRefusesAStoreThatIsWatched(t *testing.T) {
	eachEngine(t, func(g Gomega, open func(time.Duration) store) {
		one := open(0)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for range one.Watch(context.Background(), time.Time{}) {
			}
		}()
		synctest.Wait()
		g.Expect(func() { lastmodstore.NewSharded(1, func() store { return one }) }).To(
			PanicWith(HavePrefix("lastmodstore: NewSharded: open returned a store that was used before")))
		<-ended // 19: the watcher ends when NewSharded closes the store
	})
}

func TestNewShardedRefusesANilOpen(t *testing.T) {
	NewWithT(t).Expect(func() { lastmodstore.NewSharded[string, int](2, nil) }).To(PanicWith(HavePrefix("lastmodstore: NewSharded: open is nil")))
}

// 21: a shard that is closed from outside refuses its own calls, and a store that is
// refused because it is already a shard keeps working.
func TestAShardThatIsUsedFromOutside(t *testing.T) {
	eachEngine(t, func(g Gomega, open func(time.Duration) store) {
		var one store
		s := lastmodstore.NewSharded(1, func() store {
			one = open(0)
			return one
		})
		defer s.Close()
		g.Expect(func() { lastmodstore.NewSharded(1, func() store { return one }) }).To(Panic())
		g.Expect(s.Set("a", 1, 0)).To(Succeed())
		g.Expect(one.Close()).To(Succeed())
		g.Expect(s.Set("a", 1, 0)).To(MatchError(lastmodstore.ErrClosed))
	})
}

// A busy shard has news whenever a watcher performs a step.
type busy struct {
	engine.Shard[string, int]
	t *testing.T
}

func (s busy) Feed(f *table.Feed[string, int]) bool {
	if err := s.Set(0, "a", 1, 0); err != nil {
		s.t.Error(err)
	}
	return s.Shard.Feed(f)
}

// 26: even watchers that never catch up with the writers rest: otherwise the writers
// could use the shards only between two steps of the watchers.
func TestWatchersThatNeverCatchUpRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		var shards []any
		for range 2 {
			shard, _, ok := seam.Shard[string](mutexstore.New[string, int](0))
			g.Expect(ok).To(BeTrue())
			shards = append(shards, busy{shard.(engine.Shard[string, int]), t})
		}
		s := sharded.Join[string, int](shards).(*sharded.Store[string, int])
		began := time.Now()
		var seen atomic.Int64
		ctx, cancel := context.WithTimeout(t.Context(), 2*engine.FeedPause)
		defer cancel()
		var watchers sync.WaitGroup
		for range 2 {
			watchers.Go(func() {
				for range s.Watch(ctx, time.Time{}) {
					if seen.Add(1) > 1e5 {
						cancel() // without rests, time does not advance
					}
				}
			})
		}
		watchers.Wait()
		g.Expect(time.Since(began)).To(Equal(2 * engine.FeedPause))
		g.Expect(s.Close()).To(Succeed())
	})
}
