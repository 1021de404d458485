package replicated

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

var soakTime = flag.Duration("soak", 0, "how long TestSoak runs; 0: not at all")

const (
	soakKeys  = 2000
	soakSaves = 1000
	maxTTL    = 500 * time.Millisecond
)

// A soak is three nodes in heavy use on three servers.
type soak struct {
	*place
	opts        []Option
	connections []jetstream.JetStream
	mu          sync.RWMutex // guards nodes
	nodes       []*Store[string, int]
	calls       atomic.Int64
	failures    atomic.Int64
}

// TestSoak keeps three nodes busy while the network is bad, servers are killed and nodes
// are replaced. Memory and log stay bounded, and all nodes are equal in the end.
func TestSoak(t *testing.T) {
	if *soakTime == 0 {
		t.Skip("-soak sets how long it takes")
	}
	s := &soak{place: startServers(t, 3), opts: []Option{Replicas(3), SaveEvery(soakSaves), CleanupInterval(100 * time.Millisecond)}}
	for i := range s.Size() {
		s.connections = append(s.connections, s.connect(i))
		s.nodes = append(s.nodes, openNode(t, s.connections[i], "soak", s.opts...))
	}
	t.Cleanup(func() {
		for _, n := range s.nodes {
			n.Close()
		}
	})
	f := startFollower(t, 1, s.node)
	ctx, cancel := context.WithTimeout(t.Context(), *soakTime)
	defer cancel()
	var wg sync.WaitGroup
	for id := range 12 {
		wg.Go(func() { s.write(ctx, id) })
	}
	wg.Go(func() { s.kill(ctx) })
	wg.Go(func() { s.replace(ctx) })
	stop := s.disturb(1)
	s.measure(ctx)
	stop()
	wg.Wait()
	s.end(f)
}

func (s *soak) node(i int) *Store[string, int] {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.nodes[i]
}

// write makes random calls on one node after the other.
func (s *soak) write(ctx context.Context, id int) {
	random := rand.New(rand.NewPCG(1, uint64(id)))
	for ctx.Err() == nil {
		node, key := s.node(id%3), fmt.Sprint("k", random.IntN(soakKeys))
		ttl := time.Duration(random.Int64N(int64(maxTTL)))
		var err error
		switch random.IntN(6) {
		case 0:
			err = node.Set(key, random.Int(), ttl)
		case 1:
			err = node.Set(key, random.Int(), 0)
		case 2:
			_, err = node.Add(key, 1, ttl)
		case 3:
			_, err = node.Delete(key)
		case 4:
			_, err = node.Touch(key, ttl)
		case 5:
			e, _ := node.GetEntry(key)
			_, _, err = node.SetIfUnmodifiedSince(key, 1, lastmodstore.KeepTTL, e.LastModified)
		}
		if s.calls.Add(1); err != nil {
			s.failures.Add(1)
		}
	}
}

// kill kills the leader now and then.
func (s *soak) kill(ctx context.Context) {
	random := rand.New(rand.NewPCG(1, 100))
	for rest(ctx, random, 30*time.Second) {
		leader := s.killLeader("soak")
		if err := s.Restart(leader); err != nil {
			s.t.Error(err)
			return
		}
	}
}

// replace replaces a node by a new one now and then.
func (s *soak) replace(ctx context.Context) {
	random := rand.New(rand.NewPCG(1, 101))
	for rest(ctx, random, 20*time.Second) {
		i := random.IntN(3)
		next, err := Open[string, int](ctx, s.connections[i], "soak", s.opts...)
		if err != nil {
			return // the time is over
		}
		s.mu.Lock()
		last := s.nodes[i]
		s.nodes[i] = next
		s.mu.Unlock()
		last.Close()
	}
}

// measure checks, until ctx ends, that memory and log stay bounded.
func (s *soak) measure(ctx context.Context) {
	random := rand.New(rand.NewPCG(1, 102))
	const maxHeap, maxLog = 40 << 20, 20 * soakSaves
	for rest(ctx, random, 5*time.Second) {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		h := s.node(0).Health()
		info, err := s.node(0).log.Info(ctx)
		length := info.Last + 1 - info.First
		s.t.Logf("%d calls, %d failed; position %d, lag %d, log %d messages (%v), heap %d KB, %d goroutines, snapshot %d (%v)", s.calls.Load(),
			s.failures.Load(), h.Position, h.Lag, length, err, m.HeapAlloc>>10, runtime.NumGoroutine(), h.LastSnapshot, h.SaveErr)
		if m.HeapAlloc > maxHeap || err == nil && length > maxLog {
			s.t.Errorf("heap %d, log %d: they grow", m.HeapAlloc, length)
		}
	}
}

// end compares the nodes, a new one and the follower.
func (s *soak) end(f *follower) {
	nodes := append(slices.Clone(s.nodes), openNode(s.t, s.connections[0], "soak", s.opts...))
	s.g.Eventually(func() int64 {
		nodes[0].Cleanup()
		return nodes[0].replica.NextDeadline()
	}, patience).Should(BeEquivalentTo(timeline.Never), "everything that can expire has expired")
	expectSameChanges(s.t, nil, nodes)
	f.compare(nodes[3])
	expectSameState(s.t, nodes)
}
