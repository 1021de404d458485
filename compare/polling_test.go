package compare_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
)

// polled are the engines, behind one shard and behind eight.
func polled() []compare.Engine {
	all := tested()
	for _, e := range compare.Engines() {
		all = append(all, compare.Shards(8, e))
	}
	return all
}

// A poller is a caller that knows of a store only what ModifiedSince yields after
// the last LastModified that it received.
type poller struct {
	t        testing.TB
	s        stringStore
	last     time.Time
	known    map[string]intEntry
	received map[version]bool
}

// A version is one modification of one key.
type version struct {
	key string
	at  int64
}

func newPoller(t testing.TB, s stringStore) *poller {
	return &poller{t: t, s: s, known: map[string]intEntry{}, received: map[version]bool{}}
}

// poll makes one call and runs body after each entry. Two entries of different
// shards may share a LastModified.
func (p *poller) poll(body func(key string, e intEntry)) {
	for key, e := range p.s.ModifiedSince(p.last) {
		v := version{key, e.LastModified.UnixNano()}
		switch {
		case p.received[v]:
			p.t.Errorf("13: %s, modified at %d, is received twice", key, v.at)
		case e.LastModified.Before(p.last):
			p.t.Errorf("13: %s is out of order", key)
		}
		p.received[v], p.known[key] = true, e
		p.last = e.LastModified.Round(0) // as it would come back from JSON
		body(key, e)
	}
}

// compare checks that the newest version of each key that s holds was received.
func (p *poller) compare() {
	p.t.Helper()
	lost, held := 0, 0
	for key, e := range p.s.All() {
		held++
		if known, ok := p.known[key]; !ok || !known.LastModified.Equal(e.LastModified) || known.Value != e.Value {
			lost++
		}
	}
	if lost > 0 {
		p.t.Errorf("13: the last changes of %d of %d keys were not received", lost, held)
	}
}

// A pollWriter sets keys of its own, some of them new, and now and then makes
// sure that ModifiedSince lists what it has just set.
type pollWriter struct {
	t      testing.TB
	s      stringStore
	id     int
	random *rand.Rand
	keys   int
}

func (w *pollWriter) write(n int) {
	if w.keys == 0 || w.random.IntN(3) > 0 {
		w.keys++
	}
	key := fmt.Sprintf("%d-%d", w.id, w.random.IntN(w.keys))
	if w.random.IntN(4) == 0 {
		key = fmt.Sprintf("%d-%d", w.id, w.keys-1)
	}
	switch w.random.IntN(6) {
	case 0:
		w.s.SetMany(map[string]int{key: n, fmt.Sprintf("%d-0", w.id): n}, lastmodstore.NoExpiry)
	case 1:
		w.s.Add(key, n, lastmodstore.NoExpiry)
	case 2:
		w.s.Delete(key)
	default:
		w.s.Set(key, n, lastmodstore.NoExpiry)
		if w.random.IntN(20) == 0 {
			w.findOwn(key)
		}
	}
}

func (w *pollWriter) findOwn(key string) {
	at, _ := w.s.GetLastModified(key)
	for found, e := range w.s.ModifiedSince(at.Add(-1)) {
		if found == key && e.LastModified.Equal(at) {
			return
		}
	}
	w.t.Errorf("13: a caller's own write of %s is not listed", key)
}

// pollBesideWriters polls until the writers are done, and once more.
func pollBesideWriters(t testing.TB, progress *compare.Progress, s stringStore, seed uint64, writes int, pause func(*rand.Rand)) {
	const writers = 4
	defer s.Close()
	var wg sync.WaitGroup
	var running atomic.Int32
	running.Store(writers)
	for id := range writers {
		c := progress.Caller()
		wg.Go(func() {
			defer running.Add(-1)
			w := &pollWriter{t: t, s: s, id: id, random: rand.New(rand.NewPCG(seed, uint64(id)))}
			for n := range writes {
				w.write(n)
				c.Returned()
			}
		})
	}
	random := rand.New(rand.NewPCG(seed, writers))
	p, c := newPoller(t, s), progress.Caller()
	for running.Load() > 0 && !t.Failed() {
		p.poll(func(string, intEntry) { c.Returned() })
		pause(random)
	}
	wg.Wait()
	p.poll(func(string, intEntry) { c.Returned() })
	p.compare()
}

// 13: polling with the last LastModified received misses nothing and repeats
// nothing, concurrently with writers.
func TestPollingBesideWriters(t *testing.T) {
	for _, e := range polled() {
		t.Run(e.Name, func(t *testing.T) {
			watched(t, func(progress *compare.Progress) {
				for seed := range uint64(atLength(3, 60)) {
					pollBesideWriters(t, progress, e.Strings(0), seed, 4000, func(random *rand.Rand) {
						for start, wait := time.Now(), time.Duration(random.IntN(100_000)); time.Since(start) < wait; {
							runtime.Gosched()
						}
					})
				}
			})
		})
	}
}

// 13: nor does it while the clock stands still, so that all writers write at one
// instant.
func TestTimingOfPollingBesideWriters(t *testing.T) {
	for _, e := range polled() {
		t.Run(e.Name, func(t *testing.T) {
			for seed := range uint64(atLength(3, 60)) {
				synctest.Test(t, func(t *testing.T) {
					start := time.Now()
					var progress compare.Progress
					pollBesideWriters(t, &progress, e.Strings(0), seed, 1000, func(random *rand.Rand) {
						for range random.IntN(20) {
							runtime.Gosched()
						}
					})
					if time.Now() != start {
						t.Error("the clock did not stand still")
					}
				})
			}
		})
	}
}

// 13: nor when writes fall between two entries of one call: they are left to the
// next call. The clock stands still, or moves by nanoseconds.
func TestTimingOfPollingBesideWritesOfItsBody(t *testing.T) {
	for _, e := range polled() {
		for seed := range uint64(atLength(20, 1000)) {
			t.Run(fmt.Sprintf("%s/seed=%d", e.Name, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					random := rand.New(rand.NewPCG(seed, 1))
					s := e.Strings(0)
					defer s.Close()
					w := &pollWriter{t: t, s: s, random: random}
					p := newPoller(t, s)
					for range 40 {
						for n := range random.IntN(12) {
							w.write(n)
						}
						p.poll(func(string, intEntry) {})
						p.compare()
						if random.IntN(3) == 0 {
							time.Sleep(time.Duration(random.IntN(5)))
						}
						p.pollWhileWriting(w)
						if t.Failed() {
							return
						}
					}
				})
			})
		}
	}
}

// pollWhileWriting makes one call whose body writes, and checks that no entry is
// yielded that was set after the call began.
func (p *poller) pollWhileWriting(w *pollWriter) {
	before := map[string]time.Time{}
	for n := range 5 {
		w.write(n)
	}
	for key, e := range p.s.All() {
		before[key] = e.LastModified
	}
	p.poll(func(key string, e intEntry) {
		if !e.LastModified.Equal(before[key]) {
			p.t.Errorf("13: %s was set after the call began", key)
		}
		w.write(p.s.Len())
		if w.random.IntN(10) == 0 {
			time.Sleep(time.Duration(w.random.IntN(3)))
		}
	})
}

// 1, 12, 13: no loop yields an entry whose deadline has passed by the time it is
// yielded, whatever has been read ahead.
func TestTimingOfLoopsThatOutlastDeadlines(t *testing.T) {
	for _, e := range polled() {
		for name, loop := range loopsThatYieldLive {
			t.Run(e.Name+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					random := rand.New(rand.NewPCG(1, 12))
					s := e.Strings(0)
					for i := range 2000 {
						s.Set(strconv.Itoa(i), i, time.Duration(1+random.IntN(1000))*time.Second)
					}
					yielded := 0
					loop(s, func(key string, e intEntry) {
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
				})
			})
		}
	}
}

var loopsThatYieldLive = map[string]func(s stringStore, body func(string, intEntry)){
	"All": func(s stringStore, body func(string, intEntry)) {
		for key, e := range s.All() {
			body(key, e)
		}
	},
	"ModifiedSince": func(s stringStore, body func(string, intEntry)) {
		for key, e := range s.ModifiedSince(time.Time{}) {
			body(key, e)
		}
	},
	"Watch": func(s stringStore, body func(string, intEntry)) {
		timer := time.AfterFunc(2000*time.Second, func() { s.Close() })
		defer timer.Stop()
		for event := range s.Watch(context.Background(), time.Time{}) {
			if event.Kind == lastmodstore.Modified {
				body(event.Key, event.Entry)
			}
		}
	},
}
