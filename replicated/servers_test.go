package replicated

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/embedded"
	"github.com/lastmodstore/lastmodstore/replicated/embedded/servertest"
	"github.com/lastmodstore/lastmodstore/replicated/internal/proxy"
)

// patience bounds what a test waits for. It is never how long something takes.
const patience = time.Minute

// A place is servers in processes of their own, each reached through a proxy.
type place struct {
	*servertest.Cluster
	t       testing.TB
	g       *WithT
	proxies []*proxy.Proxy
}

// startServers returns n servers that form a cluster. They end with the test.
func startServers(t testing.TB, n int, changes ...embedded.Option) *place {
	t.Helper()
	if testing.Short() {
		t.Skip("it needs servers")
	}
	p := &place{t: t, g: NewWithT(t)}
	var err error
	p.Cluster, err = servertest.Start(patient(t), n, t.TempDir(), changes...)
	p.g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(p.Cluster.Close)
	for i := range n {
		through, err := proxy.New(p.Addr(i))
		p.g.Expect(err).NotTo(HaveOccurred())
		t.Cleanup(through.Close)
		p.proxies = append(p.proxies, through)
	}
	return p
}

// patient returns a context that ends with the test, or when something hangs.
func patient(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// connect returns a connection to server i or, when that is lost, to the next one. It
// knows no way but through the proxies.
func (p *place) connect(i int) jetstream.JetStream {
	p.t.Helper()
	var urls []string
	for k := range p.proxies {
		urls = append(urls, "nats://"+p.proxies[(i+k)%len(p.proxies)].Addr())
	}
	return dial(p.t, strings.Join(urls, ","))
}

// connectOnly returns a connection to server i that does not go to another one.
func (p *place) connectOnly(i int) jetstream.JetStream {
	p.t.Helper()
	return dial(p.t, "nats://"+p.proxies[i].Addr())
}

func dial(t testing.TB, urls string) jetstream.JetStream {
	t.Helper()
	g := NewWithT(t)
	nc, err := nats.Connect(urls, nats.DontRandomize(), nats.IgnoreDiscoveredServers(), nats.MaxReconnects(-1),
		nats.ReconnectWait(50*time.Millisecond), nats.ReconnectJitter(0, 0), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	g.Expect(err).NotTo(HaveOccurred())
	return js
}

// openNode opens a node that ends with the test.
func openNode(t testing.TB, js jetstream.JetStream, name string, opts ...Option) *Store[string, int] {
	t.Helper()
	s, err := Open[string, int](patient(t), js, name, opts...)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { s.Close() })
	return s
}

// openNodes opens a node of a store with three replicas on each of three connections.
func (p *place) openNodes(name string, opts ...Option) (nodes []*Store[string, int]) {
	p.t.Helper()
	for i := range p.Size() {
		nodes = append(nodes, openNode(p.t, p.connect(i), name, append(opts, Replicas(p.Size()))...))
	}
	return nodes
}

// streamOf returns the name of the stream behind the store of that name.
func streamOf(name string) string { return "lastmodstore-" + name }

// killLeader kills the server that leads the log of that name, and returns which it was.
func (p *place) killLeader(name string) int {
	p.t.Helper()
	leader := -1
	p.eventually(func(ctx context.Context, js jetstream.JetStream) (err error) {
		leader, err = p.Leader(ctx, js, streamOf(name))
		return err
	})
	p.Kill(leader)
	return leader
}

// awaitReplicas returns when the leader of the log of that name has heard from all servers
// since then. A log in memory is lost if a server is killed before the one that was killed
// last has received it again.
func (p *place) awaitReplicas(name string, since time.Time) {
	p.t.Helper()
	p.eventually(func(ctx context.Context, js jetstream.JetStream) error {
		s, err := js.Stream(ctx, streamOf(name))
		if err != nil {
			return err
		}
		cluster := s.CachedInfo().Cluster
		for _, r := range cluster.Replicas {
			if heard := time.Now().Add(-r.Active); !r.Current || r.Offline || r.Lag > 0 || heard.Before(since) {
				return fmt.Errorf("%s: %+v of %s", name, *r, cluster.Leader)
			}
		}
		if cluster.Leader == "" || len(cluster.Replicas) != p.Size()-1 {
			return fmt.Errorf("%s: %d replicas of the leader %q", name, len(cluster.Replicas), cluster.Leader)
		}
		return nil
	})
}

// eventually calls f, on a new connection each time, until it succeeds.
func (p *place) eventually(f func(context.Context, jetstream.JetStream) error) {
	p.t.Helper()
	p.g.Eventually(func() error {
		ctx, cancel := context.WithTimeout(p.t.Context(), 2*time.Second)
		defer cancel()
		nc, err := nats.Connect(p.URLs())
		if err != nil {
			return err
		}
		defer nc.Close()
		js, err := jetstream.New(nc)
		if err != nil {
			return err
		}
		return f(ctx, js)
	}, patience, 100*time.Millisecond).Should(Succeed())
}

// disturb makes the network bad until stop is called: connections are cut, and what
// passes is delayed, held back or lost, in both directions.
func (p *place) disturb(seed uint64) (stop func()) {
	ctx, cancel := context.WithCancel(p.t.Context())
	var wg sync.WaitGroup
	for i, through := range p.proxies {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		wg.Go(func() {
			for rest(ctx, random, 400*time.Millisecond) {
				harm(ctx, random, through)
			}
		})
	}
	return func() {
		cancel()
		wg.Wait()
	}
}

// harm makes one thing bad for a while.
func harm(ctx context.Context, random *rand.Rand, through *proxy.Proxy) {
	direction := proxy.Direction(random.IntN(2))
	switch random.IntN(4) {
	case 0:
		through.Cut()
	case 1: // what passes is lost
		through.Hold(direction)
		rest(ctx, random, 300*time.Millisecond)
		through.Cut()
		through.Release(direction)
	case 2: // what passes is late, and has been repeated
		through.Hold(direction)
		rest(ctx, random, 3*time.Second)
		through.Release(direction)
	case 3:
		through.Delay(direction, time.Duration(random.IntN(20))*time.Millisecond)
		rest(ctx, random, time.Second)
		through.Delay(direction, 0)
	}
}

// rest waits for at most that long, and reports whether ctx has not ended.
func rest(ctx context.Context, random *rand.Rand, most time.Duration) bool {
	select {
	case <-time.After(time.Duration(random.Int64N(int64(most)))):
		return true
	case <-ctx.Done():
		return false
	}
}
