package compare_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
)

type event = lastmodstore.Event[string, int]

// A replica is what somebody knows of a store who sees nothing but its feed.
type replica struct {
	t       testing.TB
	s       stringStore
	at      time.Time // the last event's: where to resume
	entries map[string]intEntry
	resyncs int
	ties    bool // two events may have one time: there are several shards
	caller  *compare.Caller
}

func newReplica(t testing.TB, s stringStore) *replica {
	return &replica{t: t, s: s, entries: map[string]intEntry{}}
}

// apply checks e and follows it.
func (r *replica) apply(e event) {
	if e.At.Before(r.at) || e.At.Equal(r.at) && !r.ties {
		r.t.Errorf("out of order: %v %s at %v after %v", e.Kind, e.Key, e.At, r.at)
	}
	r.at = e.At
	switch e.Kind {
	case lastmodstore.Modified:
		r.entries[e.Key] = e.Entry
	case lastmodstore.Deleted, lastmodstore.Expired, lastmodstore.Evicted:
		delete(r.entries, e.Key)
	case lastmodstore.Resync:
		r.resyncs++
		r.entries = maps.Collect(r.s.All())
	default:
		r.t.Errorf("Watch yields %v", e.Kind)
	}
}

// compare checks that what r knows is what the store holds, which has just been
// cleaned up: an entry is not seen to expire before it is removed.
func (r *replica) compare() {
	r.t.Helper()
	held := maps.Collect(r.s.All())
	for key, e := range held {
		known, ok := r.entries[key]
		switch {
		case !ok:
			r.t.Errorf("incomplete: %s is not known", key)
		case known.Value != e.Value || !known.LastModified.Equal(e.LastModified):
			r.t.Errorf("stale: %s is known as %v and is %v", key, known, e)
		}
	}
	for key := range r.entries {
		if _, ok := held[key]; !ok {
			r.t.Errorf("incomplete: %s is known and was removed", key)
		}
	}
}

// catchUp follows the feed from where r stands until there is no more, in a
// bubble, but for at most so many events.
func (r *replica) catchUp(most int) (caughtUp bool) {
	ctx, cancel := context.WithCancel(context.Background())
	caughtUp = true
	go func() {
		for e := range r.s.Watch(ctx, r.at) {
			r.apply(e)
			if most--; most == 0 {
				caughtUp = false
				break
			}
		}
	}()
	synctest.Wait()
	cancel()
	synctest.Wait()
	return caughtUp
}

// A feed is ordered, complete, never stale and resumable wherever it is cut,
// and says Resync exactly when more was forgotten than it had not yet seen.
func TestFeedFollowsOneWriter(t *testing.T) {
	for _, e := range tested() {
		for seed := range uint64(atLength(60, 3000)) {
			t.Run(fmt.Sprintf("%s/seed=%d", e.Name, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { followOne(t, e, seed) })
			})
		}
	}
}

func followOne(t *testing.T, e compare.Engine, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1))
	limit := []int{0, 1, 5, 40, 1024}[seed%5]
	opts := []lastmodstore.Option{lastmodstore.RemovalLog(limit)}
	if seed%3 == 0 {
		opts = append(opts, lastmodstore.MaxEntries(12))
	}
	s := e.Strings([]time.Duration{0, 50}[seed%2], opts...)
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
		if random.IntN(10) == 0 { // somebody new sees the live entries, and no Resync
			fresh := newReplica(t, s)
			fresh.catchUp(-1)
			fresh.compare()
			if fresh.resyncs > 0 {
				t.Error("Resync from the zero time")
			}
		}
		before := r.resyncs
		cut := false
		for !r.catchUp(1 + random.IntN(20)) {
			cut = true
		}
		if got := r.resyncs - before; !cut && !w.unsure && got != w.mustResync() {
			t.Errorf("%d Resync with %d records in a log of %d, cleared: %t", got, w.records(), limit, w.cleared)
		}
		r.compare()
		w.forget()
		if t.Failed() {
			return
		}
	}
}

// A feedWriter counts what a removal log has to remember.
type feedWriter struct {
	s       stringStore
	random  *rand.Rand
	limit   int
	late    uint64
	removed uint64 // when forget was called
	cleared bool
	unsure  bool // whether late is right
	noClear bool
}

func (w *feedWriter) removals() uint64 {
	stats := w.s.Stats()
	return stats.Deletes + stats.Expirations + stats.Evictions
}

func (w *feedWriter) records() uint64 { return w.removals() - w.removed + w.late }

func (w *feedWriter) forget() { w.removed, w.late, w.cleared, w.unsure = w.removals(), 0, false, false }

func (w *feedWriter) mustResync() int {
	if w.cleared || w.records() > uint64(w.limit) {
		return 1
	}
	return 0
}

func (w *feedWriter) write() {
	key, value := "k"+strconv.Itoa(w.random.IntN(20)), w.random.Int()
	ttl := time.Duration(w.random.IntN(3)) * time.Duration(1+w.random.IntN(100))
	switch n := w.random.IntN(40); {
	case n < 20:
		w.s.Set(key, value, ttl)
	case n < 25:
		w.s.Delete(key)
	case n < 28:
		w.s.Touch(key, ttl)
	case n < 30:
		w.s.Cleanup()
	case n < 35:
		past := time.Now().Add(-time.Hour)
		if w.random.IntN(10) == 0 {
			past = time.Now().Add(-time.Duration(w.random.IntN(3)))
			w.unsure = true // whether something happened since
		}
		if ok, _ := w.s.Merge(key, intEntry{Value: value, LastModified: past}); ok {
			w.late++
		}
	case n < 36:
		w.s.SetMany(map[string]int{key: value, "k1": 1, "k2": 2}, ttl)
	case n == 36 && w.random.IntN(10) == 0 && !w.noClear:
		w.s.Clear()
		w.cleared = true
	default:
		time.Sleep(time.Duration(w.random.IntN(30)))
	}
}

// With many writers at once, every follower knows in the end what the store
// holds, wherever it was cut.
func TestFeedFollowsManyWriters(t *testing.T) {
	for _, e := range tested() {
		t.Run(e.Name, func(t *testing.T) {
			watched(t, func(p *compare.Progress) {
				for seed := range uint64(atLength(6, 200)) {
					limit := lastmodstore.RemovalLog([]int{10, 1000, 100_000}[seed%3])
					followMany(t, p, e.Strings(20*time.Microsecond, limit), seed, 3, false)
				}
			})
		})
	}
}

// followMany follows s, which it closes, while four write to it.
func followMany(t *testing.T, p *compare.Progress, s stringStore, seed uint64, n int, sharded bool) {
	defer s.Close()
	var writers, followers sync.WaitGroup
	replicas := make([]*replica, n)
	for i := range replicas {
		r := newReplica(t, s)
		r.ties = sharded
		replicas[i] = r
		r.caller = p.Caller()
		followers.Go(func() { r.follow(rand.New(rand.NewPCG(seed, uint64(i))), i > 0) })
	}
	for id := range 4 {
		c := p.Caller()
		writers.Go(func() {
			w := &feedWriter{s: s, random: rand.New(rand.NewPCG(seed, uint64(100+id))), noClear: sharded}
			for range 500 {
				w.write()
				c.Returned()
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

// follow follows until it has seen the last key. It is cut now and then.
func (r *replica) follow(random *rand.Rand, cuts bool) {
	for {
		since := r.at
		if r.ties && !since.IsZero() {
			since, r.at = since.Add(-1), since.Add(-1)
		}
		for e := range r.s.Watch(context.Background(), since) {
			r.apply(e)
			r.caller.Returned()
			if _, over := r.entries["last"]; over {
				return
			}
			if cuts && random.IntN(30) == 0 {
				break
			}
		}
	}
}
