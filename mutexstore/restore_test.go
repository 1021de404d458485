package mutexstore

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// filled returns an image of the keys, all with the same value.
func filled(tb testing.TB, keys, value int) table.Image[int, int] {
	r := openReplica[int](tb, 0, config.Config{})
	r.now = int64(value) * 1000
	for key := range keys {
		r.set(tb, key, value, 0)
	}
	return imageOf(r)
}

// 14, 15: concurrent readers see the earlier contents or the restored ones, as a whole.
func TestRestoringIsVisibleAsAWhole(t *testing.T) {
	const keys, generations = 300, 15
	r := openReplica[int](t, 0, config.Config{})
	images := make([]table.Image[int, int], generations)
	for value := range images {
		images[value] = filled(t, keys+value%3, value)
	}
	r.Restore(images[0])
	var done atomic.Bool
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			latest := 0
			for pass := 0; !done.Load() || pass == 0; pass++ {
				for key := range keys {
					value, ok := r.store.Get((key*7 + pass) % keys)
					if !ok || value < latest {
						t.Errorf("key %d: %d, %t after %d", (key*7+pass)%keys, value, ok, latest)
						return
					}
					latest = value
				}
			}
		})
	}
	readers.Go(func() { seesOneGeneration(t, r, keys, &done) })
	readers.Go(func() { seesEachKeyOnce(t, r, keys, &done) })
	for _, image := range images[1:] {
		r.Restore(image)
		runtime.Gosched()
		for key := range 20 {
			r.now = max(r.now, image.Last)
			r.set(t, key, image.Entries[0].Value, 0) // retires slots
		}
	}
	done.Store(true)
	readers.Wait()
}

func seesOneGeneration(t *testing.T, r *testReplica[int], keys int, done *atomic.Bool) {
	all := make([]int, keys)
	for key := range all {
		all[key] = key
	}
	for !done.Load() {
		found := r.store.GetMany(all)
		for _, e := range found {
			if len(found) != keys || e.Value != found[0].Value {
				t.Errorf("%d keys, with values %d and %d", len(found), e.Value, found[0].Value)
				return
			}
		}
	}
}

func seesEachKeyOnce(t *testing.T, r *testReplica[int], keys int, done *atomic.Bool) {
	for !done.Load() {
		seen := map[int]bool{}
		for key := range r.store.All() {
			if seen[key] {
				t.Errorf("key %d was yielded twice", key)
				return
			}
			seen[key] = true
		}
		for key := range keys {
			if !seen[key] {
				t.Errorf("key %d was not yielded", key)
				return
			}
		}
	}
}

// 24, 25: a watcher that waits receives what has happened since its position, or Resync
// if the image does not remember it.
func TestRestoringWakesWatchers(t *testing.T) {
	for name, c := range map[string]struct {
		deletes int
		want    []lastmodstore.EventKind
	}{
		"remembered": {1, []lastmodstore.EventKind{lastmodstore.Modified, lastmodstore.Deleted, lastmodstore.Modified}},
		"forgotten":  {3, []lastmodstore.EventKind{lastmodstore.Modified, lastmodstore.Resync, lastmodstore.Modified}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				from := openReplica[int](t, 0, config.Config{RemovalLog: 2})
				to := openReplica[int](t, 0, config.Config{RemovalLog: 2})
				for key := range 4 {
					from.set(t, key, 1, 0)
				}
				since := time.Unix(0, from.now-1)
				to.Restore(imageOf(from))
				var got []lastmodstore.EventKind
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() {
					defer close(done)
					for e := range to.store.Watch(ctx, since) {
						if e.Kind != lastmodstore.CaughtUp {
							got = append(got, e.Kind)
						}
					}
				}()
				synctest.Wait()
				g.Expect(got).To(HaveLen(1))
				for key := range c.deletes {
					from.delete(t, key)
				}
				to.Restore(imageOf(from))
				synctest.Wait()
				g.Expect(got).To(HaveLen(2), "without another write")
				to.now = from.now
				to.set(t, 9, 9, 0)
				synctest.Wait()
				g.Expect(got).To(Equal(c.want))
				cancel()
				<-done
			})
		})
	}
}

// 12, 13, 24: loops in progress continue in the restored contents: they yield what was not
// changed once, and Watch also what was.
func TestLoopsContinueInRestoredContents(t *testing.T) {
	const keys, last = 5000, 4998
	yieldsAll := func(int) (least, most int) { return 1, 1 }
	for name, c := range map[string]struct {
		loop  func(s *Store[int, int], body func(key int))
		times func(key int) (least, most int)
	}{
		"All": {func(s *Store[int, int], body func(int)) {
			for key := range s.All() {
				body(key)
			}
		}, yieldsAll},
		"ModifiedSince": {func(s *Store[int, int], body func(int)) {
			for key := range s.ModifiedSince(time.Time{}) {
				body(key)
			}
		}, func(key int) (least, most int) {
			if key%2 == 0 && key >= keys/2 {
				return 0, 1
			}
			return 1, 1
		}},
		"Watch": {func(s *Store[int, int], body func(int)) {
			for e := range s.Watch(context.Background(), time.Time{}) {
				if body(e.Key); e.Key == last {
					return
				}
			}
		}, func(key int) (least, most int) { return 1, 2 - key%2 }},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			from, to := openReplica[int](t, 0, config.Config{}), openReplica[int](t, 0, config.Config{})
			for key := range keys {
				from.set(t, key, 1, 0)
				to.set(t, key, 0, 0)
			}
			to.Restore(imageOf(from))
			seen, yielded := map[int]int{}, 0
			c.loop(to.store, func(key int) {
				seen[key]++
				if yielded++; yielded == keys/2 {
					for n := 0; n < keys; n += 2 {
						from.set(t, n, 2, 0)
					}
					to.Restore(imageOf(from))
				}
			})
			for key := range keys {
				least, most := c.times(key)
				g.Expect(seen[key]).To(And(BeNumerically(">=", least), BeNumerically("<=", most)), "key %d", key)
			}
		})
	}
}

// OnRemove reports what the log removes, and restoring is not part of the log.
func TestRestoringReportsNoRemovals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		from, to := openReplica[int](t, 0, config.Config{}), openReplica[int](t, 0, config.Config{})
		var removed []int
		stop := to.store.OnRemove(func(key int, _ lastmodstore.Entry[int], _ lastmodstore.EventKind) { removed = append(removed, key) })
		defer stop()
		for key := range 5 {
			from.set(t, key, 1, 0)
			to.set(t, 10+key, 1, 0)
		}
		to.Restore(imageOf(from))
		to.now = from.now
		to.delete(t, 3)
		synctest.Wait()
		g.Expect(removed).To(Equal([]int{3}))
	})
}

// 20: a closed store remains empty.
func TestRestoringAClosedReplicaDoesNothing(t *testing.T) {
	g := NewWithT(t)
	from, to := openReplica[int](t, 0, config.Config{}), openReplica[int](t, 0, config.Config{})
	from.set(t, 1, 1, 0)
	g.Expect(to.store.Close()).To(Succeed())
	to.Restore(imageOf(from))
	g.Expect(to.store.Len()).To(BeZero())
	_, ok := to.store.Get(1)
	g.Expect(ok).To(BeFalse())
	removed, more := to.SweepStep(5)
	g.Expect(removed).To(BeZero())
	g.Expect(more).To(BeFalse())
}

// 4, 26: after Restore the store retains nothing of its earlier contents, nor of the image.
func TestRestoringReleasesTheEarlierContents(t *testing.T) {
	g := NewWithT(t)
	type large = [64 << 10]byte
	from, to := openReplica[*large](t, 0, config.Config{RemovalLog: 10}), openReplica[*large](t, 0, config.Config{RemovalLog: 10})
	var old []weak.Pointer[large]
	add := func(key int) {
		value := new(large)
		old = append(old, weak.Make(value))
		to.set(t, key, value, 0)
	}
	for key := range 10 {
		add(key)
		add(key)
	}
	to.delete(t, 5) // in the removal log
	from.set(t, 1, new(large), 0)
	to.Restore(imageOf(from))
	g.Eventually(func() bool {
		runtime.GC()
		return slices.ContainsFunc(old, func(p weak.Pointer[large]) bool { return p.Value() != nil })
	}, time.Minute).Should(BeFalse())
	value, ok := to.store.Get(1)
	g.Expect(ok).To(BeTrue())
	g.Expect(value).NotTo(BeNil())
}
