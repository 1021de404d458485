package compare

import (
	"context"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
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
		for e := range s.Watch(context.Background(), time.Time{}) {
			if e.Kind == lastmodstore.CaughtUp {
				continue
			}
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
		_, err := s.Merge(key, entry{LastModified: time.Unix(0, 1)})
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

// closeWhile closes a Sharded of 16 stores while probe is called: after an operation
// that has found it closed, Done included, all others find it closed, whatever their
// shard.
func closeWhile(t *tester, name string, probe func(shardedInts, int) bool) {
	if t.engine.Ints == nil {
		t.without("Ints")
	}
	s := lastmodstore.NewSharded(16, func() lastmodstore.Store[int, int] { return t.engine.shard.Ints(0) })
	for key := range closeKeys {
		t.Expect(s.Set(key, key, 0)).To(Succeed())
	}
	wg := t.workers()
	started := make(chan struct{})
	wg.Go(func() {
		close(started)
		for key := 0; !probe(s, key%closeKeys); key++ {
		}
		for key := range closeKeys {
			for after, isClosed := range closeProbes {
				if !isClosed(s, key) {
					t.Expect(after).To(BeEmpty(), "20: it found the store open after %s had found it closed", name)
				}
			}
		}
		t.Expect(s.Clear()).To(Equal(lastmodstore.ErrClosed))
	})
	<-started
	for range 2 { // 19: concurrently
		wg.Go(func() { t.Expect(s.Close()).To(Succeed()) })
	}
	wg.Wait()
}
