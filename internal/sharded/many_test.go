package sharded_test

import (
	"fmt"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/seam"
	"github.com/lastmodstore/lastmodstore/internal/sharded"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// newEngine is the New of an engine.
type newEngine[K comparable] func(opts ...lastmodstore.Option) lastmodstore.Store[K, int]

func engines[K comparable]() map[string]newEngine[K] {
	return map[string]newEngine[K]{
		"actor": func(opts ...lastmodstore.Option) lastmodstore.Store[K, int] { return actor.New[K, int](0, opts...) },
		"mutexstore": func(opts ...lastmodstore.Option) lastmodstore.Store[K, int] {
			return mutexstore.New[K, int](0, opts...)
		},
	}
}

// wrapShards joins n new stores, after wrapping their shards. The result closes them.
func wrapShards[K comparable](g Gomega, n int, open func() lastmodstore.Store[K, int], wrap func(i int, shard engine.Shard[K, int]) engine.Shard[K, int]) *sharded.Store[K, int] {
	var shards []any
	for i := range n {
		shard, _, ok := seam.Shard[K](open())
		g.Expect(ok).To(BeTrue())
		shards = append(shards, wrap(i, shard.(engine.Shard[K, int])))
	}
	return sharded.Join[K, int](shards).(*sharded.Store[K, int])
}

// A held shard serves batches at once, but delays its replies until release allows them.
type held[K comparable] struct {
	engine.Shard[K, int]
	release chan struct{}
	started *atomic.Int64
}

type heldPending struct {
	engine.Pending
	release chan struct{}
}

func (p heldPending) Wait() error {
	<-p.release
	if p.Pending == nil {
		return nil
	}
	return p.Pending.Wait()
}

func (s held[K]) StartGetMany(keys []K, lookups []table.Lookup[int]) engine.Pending {
	s.started.Add(1)
	return heldPending{s.Shard.StartGetMany(keys, lookups), s.release}
}

func (s held[K]) StartSetMany(all []table.Assignment[K, int], ttl time.Duration) engine.Pending {
	s.started.Add(1)
	return heldPending{s.Shard.StartSetMany(all, ttl), s.release}
}

// While any one shard delays its reply, all others serve their parts of a batch.
func TestShardsServeABatchInParallel(t *testing.T) {
	const shards, n = 4, 100
	for name, open := range engines[string]() {
		for slow := range shards {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				release, started := make(chan struct{}), new(atomic.Int64)
				var all []engine.Shard[string, int]
				s := wrapShards(g, shards, func() store { return open(lastmodstore.CountReads()) }, func(i int, shard engine.Shard[string, int]) engine.Shard[string, int] {
					all = append(all, shard)
					if i == slow {
						return held[string]{shard, release, started}
					}
					return shard
				})
				defer s.Close()
				values, keys := map[string]int{}, []string{}
				for i := range n {
					keys = append(keys, fmt.Sprint(i))
					values[keys[i]] = i
				}
				sum := func(counter func(lastmodstore.Stats) uint64) (sum int) {
					for _, shard := range all {
						sum += int(counter(shard.Stats()))
					}
					return sum
				}
				finished := make(chan struct{}, 1)

				go func() {
					g.Expect(s.SetMany(values, 0)).To(Succeed())
					finished <- struct{}{}
				}()
				synctest.Wait()
				g.Expect(finished).To(BeEmpty())
				g.Expect(sum(func(s lastmodstore.Stats) uint64 { return s.Sets })).To(Equal(n), name)
				release <- struct{}{}
				<-finished

				go func() {
					g.Expect(s.GetMany(keys)).To(HaveLen(n))
					finished <- struct{}{}
				}()
				synctest.Wait()
				g.Expect(finished).To(BeEmpty())
				g.Expect(sum(func(s lastmodstore.Stats) uint64 { return s.Hits })).To(Equal(n), name)
				release <- struct{}{}
				<-finished
				g.Expect(started.Load()).To(BeEquivalentTo(2))
			})
		}
	}
}

// 18: an unhashable key panics before any shard has received a request.
func TestAnUnhashableKeyPanicsBeforeAnyRequest(t *testing.T) {
	for name, open := range engines[any]() {
		g := NewWithT(t)
		started, release := new(atomic.Int64), make(chan struct{})
		close(release)
		s := wrapShards(g, 3, func() lastmodstore.Store[any, int] { return open() }, func(_ int, shard engine.Shard[any, int]) engine.Shard[any, int] {
			return held[any]{shard, release, started}
		})
		g.Expect(s.SetMany(map[any]int{1: 1, "b": 2}, 0)).To(Succeed())
		before := started.Load()
		g.Expect(func() { s.GetMany([]any{1, "b", 3, 4, 5, []int{6}}) }).To(Panic())
		g.Expect(started.Load()).To(Equal(before), name)
		g.Expect(s.GetMany([]any{1, "b", 3})).To(HaveLen(2))
		g.Expect(s.Close()).To(Succeed())
	}
}

// 18, 29: an invalid batch stores nothing in any shard.
func TestAnInvalidBatchStoresNothing(t *testing.T) {
	for _, open := range engines[float64]() {
		g := NewWithT(t)
		s := wrapShards(g, 8, func() lastmodstore.Store[float64, int] { return open() }, func(_ int, shard engine.Shard[float64, int]) engine.Shard[float64, int] { return shard })
		values := map[float64]int{}
		for i := range 50 {
			values[float64(i)] = i
		}
		g.Expect(s.SetMany(values, -7)).To(Equal(lastmodstore.ErrInvalidTTL))
		values[math.NaN()] = 1
		g.Expect(s.SetMany(values, 0)).To(Equal(lastmodstore.ErrInvalidKey))
		g.Expect(s.Len()).To(BeZero())
		g.Expect(s.GetMany([]float64{math.NaN(), 1})).To(BeEmpty())
		g.Expect(s.Close()).To(Succeed())
		g.Expect(s.SetMany(values, 0)).To(Equal(lastmodstore.ErrClosed), "20: not ErrInvalidKey")
		g.Expect(s.SetMany(nil, 0)).To(Equal(lastmodstore.ErrClosed))
	}
}

// 29: the error of a full shard is returned, whichever shard it is, although the others
// have stored their parts.
func TestAFullShardFailsTheBatch(t *testing.T) {
	for name, open := range engines[string]() {
		g := NewWithT(t)
		for full := range 3 {
			i := -1
			s := wrapShards(g, 3, func() store {
				if i++; i == full {
					return open(lastmodstore.MaxEntries(1), lastmodstore.RejectWhenFull())
				}
				return open()
			}, func(_ int, shard engine.Shard[string, int]) engine.Shard[string, int] { return shard })
			values := map[string]int{}
			for i := range 100 {
				values[fmt.Sprint(i)] = i
			}
			g.Expect(s.SetMany(values, 0)).To(Equal(lastmodstore.ErrFull), name)
			g.Expect(s.Len()).To(And(BeNumerically(">", 20), BeNumerically("<", 100)), name)
			g.Expect(s.Close()).To(Succeed())
		}
	}
}
