package nodes

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/lastmodstore/lastmodstore/replicated"
	"github.com/lastmodstore/lastmodstore/replicated/embedded/servertest"
)

const (
	nodes       = 3
	keyTTL      = 15 * time.Minute
	openTimeout = 20 * time.Second
	// writeTimeout is longer than an election, so that no write gives up during one.
	writeTimeout = 30 * time.Second
)

// A demo is the servers and nodes of one demonstration.
type demo struct {
	out      io.Writer
	c        Settings
	prefix   string              // of this run's keys
	dir      string              // of the servers
	servers  *servertest.Cluster // nil with -nats
	conns    []*nats.Conn
	contexts []jetstream.JetStream

	mu     sync.Mutex // guards stores
	stores []*replicated.Store[string, int]
}

// Run demonstrates one step after the other, until one fails or ctx ends.
func Run(ctx context.Context, out io.Writer, c Settings) error {
	d := &demo{out: out, c: c, prefix: "example/" + rand.Text()[:8] + "/"}
	defer d.close()
	stop := context.AfterFunc(ctx, d.closeNodes) // or a write might wait for its timeout
	defer stop()
	for _, step := range []func(context.Context) error{
		d.start, d.open, d.follow, d.race, d.load, d.restart, d.latecomer, d.compare, d.health,
	} {
		if err := step(ctx); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// say prints one line.
func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.out, format+"\n", args...) }

// start starts the servers, unless there are some.
func (d *demo) start(ctx context.Context) (err error) {
	if d.c.NATS != "" {
		return nil
	}
	began := time.Now()
	if d.dir, err = os.MkdirTemp("", "lastmodstore-"); err != nil {
		return err
	}
	if d.servers, err = servertest.Start(ctx, 3, d.dir); err != nil {
		return err
	}
	d.c.Name = ownName
	d.say("servers: 3 started in %v, each a process of its own", round(time.Since(began)))
	return nil
}

// open opens the nodes.
func (d *demo) open(ctx context.Context) error {
	began := time.Now()
	for range nodes {
		if err := d.openNode(ctx); err != nil {
			return err
		}
	}
	where := map[bool]string{true: "1 server", false: fmt.Sprintf("%d servers", d.c.Replicas)}[d.c.Replicas == 1]
	d.say("nodes:   3 opened in %v; the log is kept in files on %s", round(time.Since(began)), where)
	return nil
}

// openNode opens a node with a connection of its own.
func (d *demo) openNode(ctx context.Context) error {
	nc, err := d.connect(ctx, len(d.conns))
	if err != nil {
		return err
	}
	d.conns = append(d.conns, nc)
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	s, err := replicated.Open[string, int](ctx, js, d.c.Name, replicated.Replicas(d.c.Replicas), replicated.Timeout(writeTimeout))
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.contexts, d.stores = append(d.contexts, js), append(d.stores, s)
	return nil
}

// connect connects node i: to a server of its own, where this program has started them.
func (d *demo) connect(ctx context.Context, i int) (*nats.Conn, error) {
	opts := []nats.Option{
		nats.Timeout(5 * time.Second),
		nats.SetCustomDialer(dialer{ctx}),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), // a node reports its own in Health
	}
	if d.servers != nil {
		return d.servers.Connect(i%3, opts...)
	}
	nc, err := nats.Connect(d.c.NATS, append(opts, nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond))...)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", hosts(d.c.NATS), err)
	}
	return nc, nil
}

// A dialer gives up when the program is interrupted.
type dialer struct{ ctx context.Context }

func (d dialer) Dial(network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(d.ctx), 5*time.Second)
	defer cancel()
	defer context.AfterFunc(d.ctx, cancel)()
	return new(net.Dialer).DialContext(ctx, network, address)
}

// hosts returns the hosts of a list of URLs, without the passwords that it may contain.
func hosts(list string) string {
	var names []string
	for text := range strings.SplitSeq(list, ",") {
		if !strings.Contains(text, "://") {
			text = "nats://" + text
		}
		u, err := url.Parse(strings.TrimSpace(text))
		if err != nil || u.Host == "" {
			names = append(names, "a URL without a host")
			continue
		}
		names = append(names, u.Host)
	}
	return strings.Join(names, ", ")
}

func (d *demo) closeNodes() {
	d.mu.Lock()
	defer d.mu.Unlock()
	var wg sync.WaitGroup
	for _, s := range d.stores {
		wg.Go(func() { s.Close() })
	}
	wg.Wait()
}

func (d *demo) close() {
	d.closeNodes()
	for _, nc := range d.conns {
		nc.Close()
	}
	if d.servers != nil {
		d.servers.Close()
	}
	if d.dir != "" {
		os.RemoveAll(d.dir)
	}
}

// round returns d with about two digits, to be printed.
func round(d time.Duration) time.Duration {
	for unit := time.Second; unit > time.Nanosecond; unit /= 10 {
		if d >= unit {
			return d.Round(unit / 10)
		}
	}
	return d
}
