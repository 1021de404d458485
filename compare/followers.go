package compare

import (
	"context"
	"maps"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// followers tests the feed with replicas: it is ordered, complete, never stale and
// resumable wherever it is cut.
func followers(c *cases) {
	c = c.with(Feed, Merging, Capacity, Batches, Counters)
	c.add("24, 25: a feed shows what one writer does, and yields Resync exactly when the log was too short", func(t *tester) {
		t.seeds(60, 3000, func(seed uint64) { t.bubble(func() { followOne(t, seed) }) })
	})
	c.with(Sweeping).add("24: a feed shows in the end what many writers did, wherever it was cut", func(t *tester) {
		t.seeds(6, 200, func(seed uint64) {
			limit := lastmodstore.RemovalLog([]int{10, 1000, 100_000}[seed%3])
			followMany(t, t.engine.Strings(20*time.Microsecond, limit), seed, 3, false)
		})
	})
}

func followOne(t *tester, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1))
	limit := []int{0, 1, 5, 40, 1024}[seed%5]
	opts := []lastmodstore.Option{lastmodstore.RemovalLog(limit)}
	if seed%3 == 0 {
		opts = append(opts, lastmodstore.MaxEntries(12))
	}
	s := t.engine.Strings([]time.Duration{0, 50}[seed%2], opts...)
	defer s.Close()
	s.Set("first", 0, 0)
	w := &feedWriter{s: s, random: random, limit: limit}
	r := newReplica(t, s)
	r.catchUp(-1)
	w.forget()
	for range 120 {
		for range random.IntN(12) {
			w.write()
		}
		s.Cleanup()
		if random.IntN(10) == 0 { // a new watcher gets the live entries, and no Resync
			fresh := newReplica(t, s)
			fresh.catchUp(-1)
			fresh.compare()
			if fresh.resyncs > 0 {
				t.Error("25: Resync from the zero time")
			}
		}
		before := r.resyncs
		cut := false
		for !r.catchUp(1 + random.IntN(20)) {
			cut = true
		}
		if got := r.resyncs - before; !cut && !w.unsure && got != w.mustResync() {
			t.Errorf("25: %d times Resync with %d records in a log of %d, cleared: %t", got, w.records(), limit, w.cleared)
		}
		r.compare()
		w.forget()
		if t.Failed() {
			return
		}
	}
}

// followMany follows s, which it closes, while four goroutines write to it.
func followMany(t *tester, s stringStore, seed uint64, n int, sharded bool) {
	defer s.Close()
	writers, followers := t.workers(), t.workers()
	replicas := make([]*replica, n)
	for i := range replicas {
		r := newReplica(t, s)
		r.ties = sharded
		replicas[i] = r
		r.caller = t.caller()
		followers.Go(func() { r.follow(rand.New(rand.NewPCG(seed, uint64(i))), i > 0) })
	}
	for id := range 4 {
		c := t.caller()
		writers.Go(func() {
			w := &feedWriter{s: s, random: rand.New(rand.NewPCG(seed, uint64(100+id))), noClear: sharded}
			for range 500 {
				w.write()
				c.returned()
				if w.random.IntN(50) == 0 {
					runtime.Gosched()
				}
			}
		})
	}
	writers.Wait()
	for key, e := range maps.Collect(s.All()) { // what would expire while it is compared
		if !e.ExpiresAt.IsZero() {
			s.Delete(key)
		}
	}
	s.Cleanup()
	s.Set("last", 1, 0)
	followers.Wait()
	for _, r := range replicas {
		r.compare()
	}
}

// follow follows the feed until it has seen the last key. With cuts, it begins again
// now and then.
func (r *replica) follow(random *rand.Rand, cuts bool) {
	for {
		since := r.at
		if r.ties && !since.IsZero() {
			since, r.at = since.Add(-1), since.Add(-1)
		}
		r.behind = true
		for e := range r.s.Watch(context.Background(), since) {
			r.apply(e)
			r.caller.returned()
			if _, ended := r.entries["last"]; ended {
				return
			}
			if cuts && random.IntN(30) == 0 {
				break
			}
		}
	}
}
