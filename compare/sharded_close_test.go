package compare_test

import (
	"context"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
)

type shardedInts = *lastmodstore.Sharded[int, int]

const closeKeys = 32 // present in each store whose closing is tested, and never removed

// closeProbes are operations that change nothing that another probe looks at. Each
// reports whether it has found the store closed.
var closeProbes = map[string]func(s shardedInts, key int) bool{
	"Done": func(s shardedInts, _ int) bool { <-s.Done(); return true },

	"Get":             func(s shardedInts, key int) bool { _, ok := s.Get(key); return !ok },
	"GetEntry":        func(s shardedInts, key int) bool { _, ok := s.GetEntry(key); return !ok },
	"GetLastModified": func(s shardedInts, key int) bool { _, ok := s.GetLastModified(key); return !ok },
	"GetMany":         func(s shardedInts, _ int) bool { return len(s.GetMany(allCloseKeys())) < closeKeys },
	"Len":             func(s shardedInts, _ int) bool { return s.Len() < closeKeys },
	"Stats":           func(s shardedInts, _ int) bool { return s.Stats().Entries < closeKeys },
	"All": func(s shardedInts, _ int) bool {
		n := 0
		for range s.All() {
			n++
		}
		return n < closeKeys
	},
	"ModifiedSince": func(s shardedInts, _ int) bool {
		n := 0
		for range s.ModifiedSince(time.Time{}) {
			n++
		}
		return n < closeKeys
	},
	"Watch": func(s shardedInts, _ int) bool {
		n := 0
		for range s.Watch(context.Background(), time.Time{}) {
			if n++; n == closeKeys {
				break
			}
		}
		return n < closeKeys
	},

	"Set": func(s shardedInts, key int) bool { return isErrClosed(s.Set(key, 1, 0)) },
	"SetIfUnmodifiedSince": func(s shardedInts, key int) bool {
		_, _, err := s.SetIfUnmodifiedSince(key, 1, 0, time.Time{})
		return isErrClosed(err)
	},
	"SetMany":         func(s shardedInts, key int) bool { return isErrClosed(s.SetMany(map[int]int{key: 1, key + 1: 1}, 0)) },
	"SetMany nothing": func(s shardedInts, _ int) bool { return isErrClosed(s.SetMany(nil, 0)) },
	"Add":             func(s shardedInts, key int) bool { _, err := s.Add(key, 1, 0); return isErrClosed(err) },
	"Touch":           func(s shardedInts, key int) bool { _, err := s.Touch(key, 0); return isErrClosed(err) },
	"Delete":          func(s shardedInts, key int) bool { _, err := s.Delete(^key); return isErrClosed(err) },
	"GetAndDelete":    func(s shardedInts, key int) bool { _, _, err := s.GetAndDelete(^key); return isErrClosed(err) },
	"DeleteUnmodified": func(s shardedInts, key int) bool {
		_, err := s.DeleteIfUnmodifiedSince(^key, time.Now())
		return isErrClosed(err)
	},
	"Merge": func(s shardedInts, key int) bool {
		_, err := s.Merge(key, intEntry{LastModified: time.Unix(0, 1)})
		return isErrClosed(err)
	},
}

func isErrClosed(err error) bool { return err == lastmodstore.ErrClosed }

func allCloseKeys() (keys []int) {
	for key := range closeKeys {
		keys = append(keys, key)
	}
	return keys
}

// 20: to its callers a Sharded closes at one instant: after an operation that has
// found it closed, Done included, all others find it closed, whatever their shard.
func TestAShardedClosesAtOneInstant(t *testing.T) {
	for _, e := range compare.Engines() {
		t.Run(e.Name, func(t *testing.T) {
			for name, probe := range closeProbes {
				for i := 0; i < atLength(6, 300) && !t.Failed(); i++ {
					closeWhile(NewWithT(t), e, name, probe)
				}
			}
		})
	}
}

func closeWhile(g Gomega, e compare.Engine, name string, probe func(shardedInts, int) bool) {
	s := lastmodstore.NewSharded(16, func() lastmodstore.Store[int, int] { return e.Ints(0) })
	for key := range closeKeys {
		g.Expect(s.Set(key, key, 0)).To(Succeed())
	}
	var wg sync.WaitGroup
	started := make(chan struct{})
	wg.Go(func() {
		close(started)
		for key := 0; !probe(s, key%closeKeys); key++ {
		}
		for key := range closeKeys {
			for after, isClosed := range closeProbes {
				if !isClosed(s, key) {
					g.Expect(after).To(BeEmpty(), "20: it found the store open after %s had found it closed", name)
				}
			}
		}
		g.Expect(s.Clear()).To(Equal(lastmodstore.ErrClosed))
	})
	<-started
	for range 2 { // 19: concurrently
		wg.Go(func() { g.Expect(s.Close()).To(Succeed()) })
	}
	wg.Wait()
}
