package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/lastmodstore/lastmodstore/cmd/compare/internal/deployment"
	"github.com/lastmodstore/lastmodstore/compare/ratio/figure"
	"github.com/lastmodstore/lastmodstore/replicated"
)

// failover shows how long nodes are not fresh after a server was killed. Every round
// counts: the figures are the longest times.
func failover(rounds int) ([]figure.Figure, error) {
	d, err := deployment.Start(3)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	nodes, name, err := d.OpenNodes(deployment.NoSaving(), replicated.Timeout(deployment.Patience))
	if err != nil {
		return nil, err
	}
	f := failing{Deployment: d, nodes: nodes, stream: deployment.StreamOf(name)}
	if f.js, err = d.ConnectAll(); err != nil {
		return nil, err
	}
	var follower, leader outages
	for round := range rounds {
		fmt.Fprintf(os.Stderr, "servers are killed: round %d of %d\n", round+1, rounds)
		if err := errors.Join(f.killFollower(&follower), f.killLeader(&leader)); err != nil {
			return nil, err
		}
	}
	return append(follower.figures("replicated: all nodes fresh after a server was killed that did not lead the log", 2),
		leader.figures("replicated: all nodes fresh after the leader was killed, from the first write stored", 1)...), nil
}

// outages are seconds without a fresh node. Rounds in which the server killed also led
// JetStream itself are apart.
type outages struct{ usual, leaderless []float64 }

func (o *outages) add(seconds float64, leaderless bool) {
	if leaderless {
		o.leaderless = append(o.leaderless, seconds)
	} else {
		o.usual = append(o.usual, seconds)
	}
}

func (o *outages) figures(name string, goal float64) []figure.Figure {
	return append(longest(name, o.usual, goal), longest(name+", and led JetStream", o.leaderless, goal)...)
}

func longest(name string, seconds []float64, goal float64) []figure.Figure {
	if len(seconds) == 0 {
		return nil
	}
	f := figure.Value(name, slices.Max(seconds), "s", goal)
	f.Note = fmt.Sprintf("the longest of %d rounds; median %.2f s", len(seconds), figure.Median(seconds))
	return []figure.Figure{f}
}

// A failing is a deployment whose servers are killed.
type failing struct {
	*deployment.Deployment
	nodes  []*replicated.Store[string, int]
	stream string
	js     jetstream.JetStream // reaches whichever servers run
}

// killFollower kills a server that does not lead the log and that a node is connected to,
// and adds the time until every node is fresh.
func (f *failing) killFollower(o *outages) error {
	leader, err := f.Leader(f.js, f.stream)
	if err != nil {
		return err
	}
	victim := (leader + 1) % f.Size()
	start := time.Now()
	fresh, leaderless, err := f.kill(victim)
	if err != nil {
		return err
	}
	o.add(fresh.Sub(start).Seconds(), leaderless)
	return f.recover(victim)
}

// kill kills a server and returns when every node was fresh, and whether that server led
// JetStream: then no server knows an account.
func (f *failing) kill(victim int) (fresh time.Time, leaderless bool, err error) {
	f.Kill(victim)
	var wg sync.WaitGroup
	wg.Go(func() { leaderless = !f.hasLeader((victim + 1) % f.Size()) })
	err = f.awaitFresh()
	fresh = time.Now()
	wg.Wait()
	return fresh, leaderless, err
}

// hasLeader reports whether JetStream has a leader, as a server shows that runs.
func (f *failing) hasLeader(server int) bool {
	nc, err := nats.Connect(f.URL(server))
	if err != nil {
		return false
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, err = js.AccountInfo(ctx)
	return err == nil
}

// killLeader kills the leader of the log and adds the time from when the log stored the
// first write after that until every node is fresh.
func (f *failing) killLeader(o *outages) error {
	victim, err := f.Leader(f.js, f.stream)
	if err != nil {
		return err
	}
	last, err := f.lastSeq()
	if err != nil {
		return err
	}
	fresh, leaderless, err := f.kill(victim)
	if err != nil {
		return err
	}
	stored, err := f.storedAt(last + 1)
	if err != nil {
		return err
	}
	o.add(fresh.Sub(stored).Seconds(), leaderless)
	return f.recover(victim)
}

// awaitFresh returns when each node has everything that was acknowledged before.
func (f *failing) awaitFresh() error {
	errs := make([]error, len(f.nodes))
	var wg sync.WaitGroup
	for i, s := range f.nodes {
		wg.Go(func() { errs[i] = s.Sync(context.Background()) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (f *failing) lastSeq() (uint64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), deployment.Patience)
	defer cancel()
	s, err := f.js.Stream(ctx, f.stream)
	if err != nil {
		return 0, err
	}
	return s.CachedInfo().State.LastSeq, nil
}

// storedAt returns when the log took a message, by the clock of its server, which is
// that of this machine.
func (f *failing) storedAt(seq uint64) (time.Time, error) {
	ctx, cancel := context.WithTimeout(context.Background(), deployment.Patience)
	defer cancel()
	s, err := f.js.Stream(ctx, f.stream)
	if err != nil {
		return time.Time{}, err
	}
	m, err := s.GetMsg(ctx, seq)
	if err != nil {
		return time.Time{}, err
	}
	return m.Time, nil
}

// recover starts a server again and returns when the cluster is as before.
func (f *failing) recover(server int) error {
	if err := f.Restart(server); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), deployment.Patience)
	defer cancel()
	for {
		s, err := f.js.Stream(ctx, f.stream)
		if err == nil && caughtUp(s.CachedInfo().Cluster) {
			return f.awaitFresh()
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// caughtUp reports whether a stream has a leader and all others follow it.
func caughtUp(c *jetstream.ClusterInfo) bool {
	if c == nil || c.Leader == "" || len(c.Replicas) < 2 {
		return false
	}
	return !slices.ContainsFunc(c.Replicas, func(p *jetstream.PeerInfo) bool { return p.Offline || !p.Current })
}
