package compare

import (
	"context"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// polling tests that polling with the last LastModified received misses nothing and
// repeats nothing.
func polling(c *cases) {
	c = c.on(anyShards).with(Batches, Adding, Changes)
	c.add("13: polling concurrently with writers misses nothing and repeats nothing", pollingInRealTime)
	c.add("13: polling misses nothing while the clock stands still", pollingWhileTheClockStands)
	c.add("13: writes during a call are left to the next call", pollingWhileWriting)
	for _, name := range slices.Sorted(maps.Keys(loopsThatYieldLive)) {
		loops := c
		if name == "Watch" {
			loops = c.with(Feed)
		}
		loops.addInBubble("1, 12, 13: no entry is yielded after its deadline by "+name, func(t *tester) {
			outlastDeadlines(t, loopsThatYieldLive[name])
		})
	}
}

func pollingInRealTime(t *tester) {
	t.seeds(3, 60, func(seed uint64) {
		pollDuringWrites(t, t.engine.Strings(0), seed, 4000, func(random *rand.Rand) {
			for start, wait := time.Now(), time.Duration(random.IntN(100_000)); time.Since(start) < wait; {
				runtime.Gosched()
			}
		})
	})
}

// pollingWhileTheClockStands has all writers write at one instant.
func pollingWhileTheClockStands(t *tester) {
	t.seeds(3, 60, func(seed uint64) {
		t.bubble(func() {
			start := time.Now()
			pollDuringWrites(t, t.engine.Strings(0), seed, 1000, func(random *rand.Rand) {
				for range random.IntN(20) {
					runtime.Gosched()
				}
			})
			if time.Now() != start {
				t.Error("the clock did not stand still")
			}
		})
	})
}

// pollingWhileWriting writes between two entries of one call, while the clock stands
// still or moves by nanoseconds.
func pollingWhileWriting(t *tester) {
	t.seeds(20, 1000, func(seed uint64) {
		t.bubble(func() { pollWhileWriting(t, rand.New(rand.NewPCG(seed, 1))) })
	})
}

func pollWhileWriting(t *tester, random *rand.Rand) {
	s := t.engine.Strings(0)
	defer s.Close()
	w := &pollWriter{t: t, s: s, random: random}
	p := newPoller(t, s)
	for range 40 {
		for n := range random.IntN(12) {
			w.write(n)
		}
		p.poll(func(string, entry) {})
		p.compare()
		if random.IntN(3) == 0 {
			time.Sleep(time.Duration(random.IntN(5)))
		}
		p.pollWhileWriting(w)
		if t.Failed() {
			return
		}
	}
}

// pollDuringWrites polls until the writers are done, and once more.
func pollDuringWrites(t *tester, s stringStore, seed uint64, writes int, pause func(*rand.Rand)) {
	const writers = 4
	defer s.Close()
	wg := t.workers()
	var running atomic.Int32
	running.Store(writers)
	for id := range writers {
		c := t.caller()
		wg.Go(func() {
			defer running.Add(-1)
			w := &pollWriter{t: t, s: s, id: id, random: rand.New(rand.NewPCG(seed, uint64(id)))}
			for n := range writes {
				w.write(n)
				c.returned()
			}
		})
	}
	random := rand.New(rand.NewPCG(seed, writers))
	p, c := newPoller(t, s), t.caller()
	for running.Load() > 0 && !t.Failed() {
		p.poll(func(string, entry) { c.returned() })
		pause(random)
	}
	wg.Wait()
	p.poll(func(string, entry) { c.returned() })
	p.compare()
}

// outlastDeadlines runs a loop whose body takes so long that entries expire, some of
// which the loop has read ahead.
func outlastDeadlines(t *tester, loop func(s stringStore, body func(string, entry))) {
	random := rand.New(rand.NewPCG(1, 12))
	s := t.engine.Strings(0)
	for i := range 2000 {
		s.Set(strconv.Itoa(i), i, time.Duration(1+random.IntN(1000))*time.Second)
	}
	yielded := 0
	loop(s, func(key string, e entry) {
		yielded++
		if now := time.Now(); !now.Before(e.ExpiresAt) {
			t.Errorf("1: %s is yielded %v after its deadline", key, now.Sub(e.ExpiresAt))
		}
		time.Sleep(time.Duration(random.IntN(3)) * time.Second)
	})
	if yielded == 0 {
		t.Error("nothing was yielded")
	}
	s.Close()
}

var loopsThatYieldLive = map[string]func(s stringStore, body func(string, entry)){
	"All": func(s stringStore, body func(string, entry)) {
		for key, e := range s.All() {
			body(key, e)
		}
	},
	"ModifiedSince": func(s stringStore, body func(string, entry)) {
		for key, e := range s.ModifiedSince(time.Time{}) {
			body(key, e)
		}
	},
	"Watch": func(s stringStore, body func(string, entry)) {
		timer := time.AfterFunc(2000*time.Second, func() { s.Close() })
		defer timer.Stop()
		for event := range s.Watch(context.Background(), time.Time{}) {
			if event.Kind == lastmodstore.Modified {
				body(event.Key, event.Entry)
			}
		}
	},
}
