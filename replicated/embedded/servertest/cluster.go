package servertest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/lastmodstore/lastmodstore/replicated/embedded"
	"github.com/lastmodstore/lastmodstore/replicated/embedded/internal/node"
)

// A Cluster is a number of servers, each in a process of its own, on loopback ports.
type Cluster struct {
	configs   []node.Config
	processes []*process // nil where none runs
	mu        sync.Mutex // guards processes
}

const (
	// readyTimeout bounds the election of the first leader.
	readyTimeout = 30 * time.Second
	// requestTimeout bounds one request, which is not responded to while there is no leader.
	requestTimeout = 2 * time.Second
)

// Start starts n servers that form a cluster, each with a directory of its own below dir, and returns when JetStream can be used.
// One server is not a cluster: it runs alone.
func Start(ctx context.Context, n int, dir string, opts ...embedded.Option) (*Cluster, error) {
	configs, err := node.ClusterConfigs(n, func(name string) string { return filepath.Join(dir, name) })
	if err != nil {
		return nil, err
	}
	for i := range configs {
		if n == 1 {
			configs[i].Cluster = ""
		}
		for _, o := range opts {
			o(&configs[i])
		}
	}
	c := &Cluster{configs: configs, processes: make([]*process, n)}
	if err := c.startAll(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Cluster) startAll(ctx context.Context) error {
	if err := c.RestartAll(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return c.WaitReady(ctx)
}

// RestartAll starts all servers that do not run.
func (c *Cluster) RestartAll() error {
	errs := make([]error, len(c.configs))
	var wg sync.WaitGroup
	for i := range c.configs {
		wg.Go(func() { errs[i] = c.Restart(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Restart starts server i, unless it runs, with the same directory and on the same ports.
func (c *Cluster) Restart(i int) error {
	if c.process(i) != nil {
		return nil
	}
	p, err := startProcess(c.configs[i])
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.processes[i] = p
	return nil
}

func (c *Cluster) process(i int) *process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.processes[i]
}

func (c *Cluster) remove(i int) *process {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.processes[i]
	c.processes[i] = nil
	return p
}

// Kill ends server i as a crash does, and returns when its process has ended.
func (c *Cluster) Kill(i int) {
	if p := c.remove(i); p != nil {
		p.kill()
	}
}

// Stop lets server i shut down and hand over what it leads.
func (c *Cluster) Stop(i int) {
	if p := c.remove(i); p != nil {
		p.stop()
	}
}

// Freeze stops server i without ending it: its connections stay open and silent.
func (c *Cluster) Freeze(i int) error { return c.process(i).signal(syscall.SIGSTOP) }

// Thaw lets a frozen server go on.
func (c *Cluster) Thaw(i int) error { return c.process(i).signal(syscall.SIGCONT) }

// Close ends all servers and returns when their processes have ended.
func (c *Cluster) Close() {
	var wg sync.WaitGroup
	for i := range c.configs {
		wg.Go(func() { c.Kill(i) })
	}
	wg.Wait()
}

// Size returns the number of servers.
func (c *Cluster) Size() int { return len(c.configs) }

// Addr returns the address that server i listens on.
func (c *Cluster) Addr(i int) string { return fmt.Sprintf("127.0.0.1:%d", c.configs[i].Port) }

// URL returns the URL of server i.
func (c *Cluster) URL(i int) string { return "nats://" + c.Addr(i) }

// URLs returns the URLs of all servers, separated by commas, as a client takes them.
func (c *Cluster) URLs() string {
	urls := make([]string, len(c.configs))
	for i := range urls {
		urls[i] = c.URL(i)
	}
	return strings.Join(urls, ",")
}

// Connect returns a connection to server i that keeps trying when it is lost, with this and the other servers. The caller closes
// it.
func (c *Cluster) Connect(i int, opts ...nats.Option) (*nats.Conn, error) {
	return nats.Connect(c.URL(i), append([]nats.Option{nats.MaxReconnects(-1), nats.ReconnectWait(50 * time.Millisecond)}, opts...)...)
}

// Leader returns which server leads the stream of the given name. It asks the cluster once, as js reaches it.
func (c *Cluster) Leader(ctx context.Context, js jetstream.JetStream, stream string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return 0, err
	}
	info := s.CachedInfo()
	if info.Cluster == nil {
		return 0, nil
	}
	for i, config := range c.configs {
		if config.Name == info.Cluster.Leader {
			return i, nil
		}
	}
	return 0, fmt.Errorf("servertest: the stream %s has no leader", stream)
}

// WaitReady returns when the cluster has a leader with a quorum, that is, when a stream with as many replicas as there are
// servers can be created.
func (c *Cluster) WaitReady(ctx context.Context) error {
	nc, err := nats.Connect(c.URLs())
	if err != nil {
		return fmt.Errorf("servertest: connecting: %w", err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	for err == nil {
		if err = c.probe(ctx, js); err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("servertest: the cluster is not ready: %w", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
			err = nil
		}
	}
	return err
}

// probe creates a stream on all servers and deletes it again.
func (c *Cluster) probe(ctx context.Context, js jetstream.JetStream) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	const name = "servertest-probe"
	config := jetstream.StreamConfig{Name: name, Subjects: []string{name}, Storage: jetstream.MemoryStorage, Replicas: len(c.configs)}
	if _, err := js.CreateStream(ctx, config); err != nil {
		return err
	}
	return js.DeleteStream(ctx, name)
}
