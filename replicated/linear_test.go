package replicated

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare/linear"
)

// atOnce is how many histories are recorded at a time, each of a store of its own, on
// the same servers.
const atOnce = 10

// Histories of three nodes are linearizable while leaders are killed, connections are
// cut, and messages and acknowledgements are lost. Calls that fail are part of the
// histories: ErrUnavailable means that nothing was stored, ErrUncertain that it may have
// been, or may still be. After each, all nodes are equal, as is a new one, and what was
// watched on one node after the other is what they hold.
func TestHistoriesOfThreeNodesAreLinearizable(t *testing.T) {
	t.Parallel()
	p := startServers(t, 3)
	var connections []jetstream.JetStream
	for i := range p.Size() {
		connections = append(connections, p.connect(i))
	}
	for round := range atLength(atOnce, 20*atOnce) / atOnce {
		if t.Failed() {
			return
		}
		recordHistories(p, connections, uint64(round*atOnce))
	}
}

// recordHistories records and checks histories from seed first on, while the servers
// are killed in turn.
func recordHistories(p *place, connections []jetstream.JetStream, first uint64) {
	begun := time.Now()
	histories := make([]*recorded, atOnce)
	for i := range histories {
		histories[i] = newHistory(p.t, connections, first+uint64(i))
	}
	opened := time.Now()
	stop := p.disturb(first)
	ctx, cancel := context.WithCancel(p.t.Context())
	var wg sync.WaitGroup
	for _, h := range histories {
		wg.Go(func() {
			if err := h.record(); err != nil {
				p.t.Error(err)
			}
		})
	}
	go func() {
		wg.Wait()
		cancel()
	}()
	random := rand.New(rand.NewPCG(first, 0))
	for rest(ctx, random, time.Second) {
		leader := p.killLeader(histories[random.IntN(atOnce)].name)
		rest(ctx, random, time.Second)
		p.g.Expect(p.Restart(leader)).To(Succeed())
		restarted := time.Now()
		for _, h := range histories {
			p.awaitReplicas(h.name, restarted)
		}
		rest(ctx, random, 20*time.Second)
	}
	stop()
	over := time.Now()
	defer func() {
		p.t.Logf("opening %v, recording %v, comparing %v", opened.Sub(begun), over.Sub(opened), time.Since(over))
	}()
	for _, h := range histories {
		h.compare()
	}
}

// A recorded is a history of one store, and its nodes.
type recorded struct {
	t           testing.TB
	connections []jetstream.JetStream
	seed        uint64
	name        string
	opts        []Option
	nodes       []*linearNode
	follower    *follower
	failed      [3]atomic.Int64 // by effect: how many calls have returned an error of the log
}

func newHistory(t testing.TB, connections []jetstream.JetStream, seed uint64) *recorded {
	h := &recorded{t: t, connections: connections, seed: seed, name: fmt.Sprint("history-", seed)}
	h.opts = []Option{Replicas(3), SaveEvery(20), Timeout(time.Minute)}
	if seed%2 == 0 {
		h.opts = append(h.opts, InMemory())
	}
	if seed%3 != 0 { // calls fail
		h.opts = append(h.opts, Timeout(time.Duration(1+seed%3)*time.Second))
	}
	for i := range connections {
		h.nodes = append(h.nodes, &linearNode{ctx: t.Context(), now: h.open(i)})
	}
	h.follower = startFollower(t, seed, func(i int) *Store[string, int] { return h.nodes[i].node() })
	return h
}

func (h *recorded) open(i int) *Store[string, int] {
	h.t.Helper()
	return openNode(h.t, h.connections[i], h.name, h.opts...)
}

// record records the history and returns an error if it is not linearizable. In some
// histories, a node crashes and is replaced.
func (h *recorded) record() error {
	var stores []lastmodstore.Store[string, int]
	for _, n := range h.nodes {
		stores = append(stores, n)
	}
	var crashing sync.WaitGroup
	ctx, cancel := context.WithCancel(h.t.Context())
	defer crashing.Wait()
	defer cancel()
	if h.seed%4 == 1 {
		crashing.Go(func() { h.crash(ctx) })
	}
	return linear.CheckNodes(stores, h.seed, false, linear.Options{
		NoExpiry: true,
		Calls:    8,
		Pause:    func() { rest(h.t.Context(), rand.New(rand.NewPCG(rand.Uint64(), 0)), 300*time.Millisecond) },
		Effect:   h.effect,
	})
}

// crash replaces a node by a new one, now and then.
func (h *recorded) crash(ctx context.Context) {
	random := rand.New(rand.NewPCG(h.seed, 1))
	for rest(ctx, random, 4*time.Second) {
		i := random.IntN(len(h.nodes))
		next, err := Open[string, int](ctx, h.connections[i], h.name, h.opts...)
		if err != nil {
			return // the history has ended
		}
		h.t.Cleanup(func() { next.Close() })
		if err := h.nodes[i].replace(next); err != nil {
			h.t.Error(err)
		}
	}
}

func (h *recorded) effect(err error) linear.Effect {
	if errors.Is(err, ErrDiverged) {
		h.t.Error(h.name, err)
	}
	effect := effectOf(err)
	h.failed[effect].Add(1)
	return effect
}

// compare expects all nodes, and a new one, to be equal.
func (h *recorded) compare() {
	nodes := []*Store[string, int]{h.open(0)}
	for _, n := range h.nodes {
		nodes = append(nodes, n.node())
	}
	h.t.Logf("%s: %d calls failed, the effect of %d is unknown; %d messages", h.name,
		h.failed[linear.Nothing].Load(), h.failed[linear.Unknown].Load(), nodes[0].Health().Position)
	expectSameChanges(h.t, nil, nodes)
	h.follower.compare(nodes[0])
	expectAgreement(h.t, h.follower.positions, nodes...)
	for _, s := range nodes {
		s.Close()
	}
	for _, stream := range []string{streamOf(h.name), "OBJ_" + streamOf(h.name)} {
		NewWithT(h.t).Eventually(func() error {
			ctx, cancel := context.WithTimeout(h.t.Context(), 2*time.Second) // no response comes while there is no leader
			defer cancel()
			err := h.connections[0].DeleteStream(ctx, stream)
			if errors.Is(err, jetstream.ErrStreamNotFound) {
				return nil
			}
			return err
		}, patience).Should(Succeed())
	}
}
