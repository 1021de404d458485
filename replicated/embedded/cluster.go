package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/lastmodstore/lastmodstore/replicated/embedded/internal/node"
)

// Servers is a cluster of servers inside the process, on loopback ports. Its methods may be called concurrently, but stopping
// and restarting wait for each other.
type Servers struct {
	configs []node.Config
	scrap   string

	mu      sync.Mutex       // guards servers
	servers []*server.Server // nil where stopped
}

// readyTimeout bounds the election of a leader that knows all servers. It takes under a second on an idle machine.
const readyTimeout = 30 * time.Second

// Cluster starts n servers that form a cluster and returns when they have elected a leader and it knows all of them. Each stores
// in a directory of its own below dir. With an empty dir that is a new temporary directory, which Close removes.
func Cluster(n int, dir string, opts ...Option) (*Servers, error) {
	if n < 2 {
		return nil, fmt.Errorf("embedded: a cluster of %d servers; use Start for one", n)
	}
	s := &Servers{servers: make([]*server.Server, n)}
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "lastmodstore-"); err != nil {
			return nil, fmt.Errorf("embedded: %w", err)
		}
		s.scrap = dir
	}
	if err := s.start(n, dir, opts); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Servers) start(n int, dir string, opts []Option) error {
	configs, err := node.ClusterConfigs(n, func(name string) string { return filepath.Join(dir, name) })
	if err != nil {
		return err
	}
	for i := range configs {
		configs[i] = apply(configs[i], opts)
	}
	s.configs = configs
	for i := range configs {
		if err := s.Restart(i); err != nil {
			return err
		}
	}
	return s.waitReady()
}

// waitReady returns when there is a leader that knows all servers.
func (s *Servers) waitReady() error {
	deadline := time.Now().Add(readyTimeout)
	for !s.ready() {
		if time.Now().After(deadline) {
			return fmt.Errorf("embedded: the cluster has no leader that knows all %d servers after %v", len(s.configs), readyTimeout)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil
}

func (s *Servers) ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.servers {
		if m.JetStreamIsLeader() {
			return len(m.JetStreamClusterPeers()) == len(s.servers)
		}
	}
	return false
}

// URL returns where server i listens. It stays the same when the server is restarted.
func (s *Servers) URL(i int) string { return fmt.Sprintf("nats://127.0.0.1:%d", s.configs[i].Port) }

// Connect returns a connection to server i. When it is lost, the client connects to any of the servers, and keeps trying. The
// caller closes it.
func (s *Servers) Connect(i int, opts ...nats.Option) (*nats.Conn, error) {
	nc, err := nats.Connect(s.URL(i), append([]nats.Option{nats.MaxReconnects(-1), nats.ReconnectWait(100 * time.Millisecond)}, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("embedded: connecting to server %d: %w", i, err)
	}
	return nc, nil
}

// Leader returns which server leads the stream of the given name, and reports whether one does.
func (s *Servers) Leader(stream string) (int, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, m := range s.servers {
		if m != nil && m.JetStreamIsStreamLeader(server.DEFAULT_GLOBAL_ACCOUNT, stream) {
			return i, true
		}
	}
	return 0, false
}

// Stop stops server i, which gives up what it leads first, and returns when it has stopped. There is no way to crash a server
// inside the process: package servertest runs servers that can be killed.
func (s *Servers) Stop(i int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.servers[i] != nil {
		node.Stop(s.servers[i])
		s.servers[i] = nil
	}
}

// Restart starts server i, unless it runs, with the same directory and on the same ports. It returns when the server accepts
// connections.
func (s *Servers) Restart(i int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.servers[i] != nil {
		return nil
	}
	m, err := node.Start(s.configs[i])
	if err != nil {
		return err
	}
	s.servers[i] = m
	return nil
}

// Close stops all servers and returns when they have stopped.
func (s *Servers) Close() error {
	var wg sync.WaitGroup
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, m := range s.servers {
		if m != nil {
			wg.Go(func() { node.Stop(m) })
			s.servers[i] = nil
		}
	}
	wg.Wait()
	if s.scrap == "" {
		return nil
	}
	return os.RemoveAll(s.scrap)
}
