package sharded_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/sharded"
)

// 15, 16: batches of any size do what single calls do, even concurrently with batches of
// other keys.
func TestBatchesDoWhatSingleCallsDo(t *testing.T) {
	const callers, rounds = 4, 150
	for name, open := range engines[string]() {
		for _, n := range []int{1, 3, 16} {
			g := NewWithT(t)
			s := lastmodstore.NewSharded(n, func() store { return open() })
			var wg sync.WaitGroup
			for caller := range callers {
				wg.Go(func() { batches(g, s, fmt.Sprint(name, n, "/", caller, "/"), uint64(caller), rounds) })
			}
			wg.Wait()
			g.Expect(s.Close()).To(Succeed())
		}
	}
}

func batches(g Gomega, s store, prefix string, seed uint64, rounds int) {
	random := rand.New(rand.NewPCG(seed, 14))
	model := map[string]int{}
	key := func() string { return fmt.Sprint(prefix, random.IntN(200)) }
	for round := range rounds {
		values := map[string]int{}
		for range random.IntN(100) {
			values[key()] = round
		}
		g.Expect(s.SetMany(values, 0)).To(Succeed())
		maps.Copy(model, values)
		deleted := key()
		delete(model, deleted)
		_, err := s.Delete(deleted)
		g.Expect(err).NotTo(HaveOccurred())
		var keys []string
		want, got := map[string]int{}, map[string]int{}
		for range random.IntN(100) {
			k := key() // possibly repeated
			keys = append(keys, k)
			if v, ok := model[k]; ok {
				want[k] = v
			}
		}
		for k, e := range s.GetMany(keys) {
			got[k] = e.Value
		}
		g.Expect(got).To(Equal(want))
	}
}

// 20, 21: batches concurrent with Close return, with all or nothing.
func TestBatchesConcurrentWithClose(t *testing.T) {
	const n = 64
	for _, open := range engines[string]() {
		values, keys := map[string]int{}, []string{}
		for i := range n {
			keys = append(keys, fmt.Sprint(i))
			values[keys[i]] = i
		}
		for range 50 {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				s := lastmodstore.NewSharded(16, func() store { return open() })
				g.Expect(s.SetMany(values, 0)).To(Succeed())
				var wg, running sync.WaitGroup
				running.Add(4)
				for range 2 {
					wg.Go(func() {
						running.Done()
						found := n
						for wasClosed := false; found > 0 && !wasClosed; {
							wasClosed = isClosed(s)
							found = len(s.GetMany(keys))
							g.Expect(found).To(Or(Equal(n), BeZero()))
						}
						g.Expect(found).To(BeZero())
						g.Expect(s.Done()).To(BeClosed())
					})
					wg.Go(func() {
						running.Done()
						var err error
						for wasClosed := false; err == nil && !wasClosed; {
							wasClosed = isClosed(s)
							err = s.SetMany(values, 0)
						}
						g.Expect(err).To(Equal(lastmodstore.ErrClosed))
						g.Expect(s.Done()).To(BeClosed())
					})
				}
				running.Wait()
				g.Expect(s.Close()).To(Succeed())
				wg.Wait()
				g.Expect(s.GetMany(keys)).To(BeEmpty())
			})
		}
	}
}

func isClosed(s store) bool {
	select {
	case <-s.Done():
		return true
	default:
		return false
	}
}

// 26: a pooled batch retains nothing of its callers, even after a larger batch and after
// one that was refused.
func TestAPooledBatchHoldsNothing(t *testing.T) {
	for name, open := range engines[float64]() {
		g := NewWithT(t)
		for what, call := range map[string]func(s *sharded.Store[float64, int]) any{
			"GetMany": func(s *sharded.Store[float64, int]) any { return s.GetMany([]float64{1, 2, 3}) },
			"GetMany 1": func(s *sharded.Store[float64, int]) any {
				s.GetMany([]float64{1, 2, 3})
				return s.GetMany([]float64{1})
			},
			"SetMany": func(s *sharded.Store[float64, int]) any { return s.SetMany(map[float64]int{1: 1, 4: 4}, 0) },
			"SetMany 1": func(s *sharded.Store[float64, int]) any {
				s.SetMany(map[float64]int{1: 1, 4: 4}, 0)
				return s.SetMany(map[float64]int{1: 1}, 0)
			},
			"NaN": func(s *sharded.Store[float64, int]) any {
				return s.SetMany(map[float64]int{1: 1, 2: 2, 3: 3, math.NaN(): 4}, 0)
			},
			"after Close": func(s *sharded.Store[float64, int]) any { s.Close(); return s.SetMany(map[float64]int{1: 1, 4: 4}, 0) },
		} {
			s := wrapShards(g, 3, func() lastmodstore.Store[float64, int] { return open() }, func(_ int, shard engine.Shard[float64, int]) engine.Shard[float64, int] { return shard })
			g.Expect(s.SetMany(map[float64]int{1: 1, 2: 2, 3: 3}, 0)).To(Succeed())
			var held []any
			for ok := false; !ok; held, ok = s.Pooled() { // the race detector has the pool drop some
				call(s)
			}
			g.Expect(held).To(BeEmpty(), "%s: %s", name, what)
			g.Expect(s.Close()).To(Succeed())
		}
	}
}
