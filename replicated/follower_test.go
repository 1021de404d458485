package replicated

import (
	"context"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// A follower keeps a copy of a store from nothing but Watch, and changes the node every
// few events: it continues on another one, which may lag behind.
type follower struct {
	t         testing.TB
	node      func(i int) *Store[string, int]
	at        time.Time
	entries   map[string]lastmodstore.Entry[int]
	positions []time.Time // of the first events
	events    int
	resyncs   int
	done      sync.WaitGroup
}

// maxPositions bounds what a follower of a soak retains.
const maxPositions = 10_000

// startFollower returns a follower of three nodes that stops when it has seen lastKey.
func startFollower(t testing.TB, seed uint64, node func(i int) *Store[string, int]) *follower {
	f := &follower{t: t, node: node, entries: map[string]lastmodstore.Entry[int]{}}
	random := rand.New(rand.NewPCG(seed, 2))
	f.done.Go(func() {
		for t.Context().Err() == nil {
			if _, over := f.entries[lastKey]; over {
				return
			}
			f.follow(f.node(random.IntN(3)), random)
		}
	})
	return f
}

// follow follows one node for a while.
func (f *follower) follow(s *Store[string, int], random *rand.Rand) {
	ctx, cancel := context.WithTimeout(f.t.Context(), time.Duration(50+random.IntN(200))*time.Millisecond)
	defer cancel()
	for e := range s.Watch(ctx, f.at) {
		if f.apply(s, e); random.IntN(50) == 0 {
			return
		}
		if _, over := f.entries[lastKey]; over {
			return
		}
	}
}

func (f *follower) apply(s *Store[string, int], e lastmodstore.Event[string, int]) {
	if e.At.Before(f.at) || e.At.Equal(f.at) && e.Kind != lastmodstore.CaughtUp {
		f.t.Errorf("%v %s at %v follows what was at %v", e.Kind, e.Key, e.At, f.at)
	}
	f.at = e.At
	if f.events++; f.events <= maxPositions {
		f.positions = append(f.positions, e.At)
	}
	switch e.Kind {
	case lastmodstore.Modified:
		f.entries[e.Key] = e.Entry
	case lastmodstore.Resync:
		f.resyncs++
		f.entries = maps.Collect(s.All())
	case lastmodstore.CaughtUp:
	default:
		delete(f.entries, e.Key)
	}
}

// compare waits until the follower has seen lastKey, and expects that it holds what s
// holds. Nothing may expire meanwhile.
func (f *follower) compare(s *Store[string, int]) {
	f.t.Helper()
	f.done.Wait()
	held := maps.Collect(s.All())
	for key, e := range held {
		if known, ok := f.entries[key]; !ok || known.Value != e.Value || !known.LastModified.Equal(e.LastModified) {
			f.t.Errorf("the follower holds %v for %s instead of %v", known, key, e)
		}
	}
	for key, e := range f.entries {
		if _, ok := held[key]; !ok {
			f.t.Errorf("the follower still holds %s: %v", key, e)
		}
	}
	f.t.Logf("the follower has seen %d events and %d times Resync", f.events, f.resyncs)
}
