// Package embedded runs NATS servers with JetStream inside the process: one that listens on no port, for development, tests and
// single nodes ([Start]), or a cluster on loopback ports, for tests and demonstrations ([Cluster]).
//
// It is a package of its own because of its size: a program with a server in it has a binary of about 24 MB instead of 6.
package embedded

import (
	"fmt"
	"os"
	"sync"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/lastmodstore/lastmodstore/replicated/embedded/internal/node"
)

// A Server is a server inside the process. It opens no port and handles no signals.
type Server struct {
	server *server.Server
	scrap  string // the directory to remove, or empty
	close  sync.Once
	err    error
}

// Start starts a server that stores in dir, which no other server may use, and returns when it is ready. With an empty dir it
// stores in a new temporary directory that Close removes, so nothing survives Close.
func Start(dir string, opts ...Option) (*Server, error) {
	s := new(Server)
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "lastmodstore-"); err != nil {
			return nil, fmt.Errorf("embedded: %w", err)
		}
		s.scrap = dir
	}
	var err error
	if s.server, err = node.Start(apply(node.Config{Name: "embedded", Dir: dir}, opts)); err != nil {
		s.removeScrap()
		return nil, err
	}
	return s, nil
}

// Connect returns a connection to the server that does not use the network. The caller closes it.
func (s *Server) Connect(opts ...nats.Option) (*nats.Conn, error) {
	nc, err := nats.Connect("", append([]nats.Option{nats.InProcessServer(s.server)}, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("embedded: connecting: %w", err)
	}
	return nc, nil
}

// Close stops the server and returns when it has stopped. Connections to it are lost; close them first.
func (s *Server) Close() error {
	s.close.Do(func() {
		node.Stop(s.server)
		s.err = s.removeScrap()
	})
	return s.err
}

func (s *Server) removeScrap() error {
	if s.scrap == "" {
		return nil
	}
	return os.RemoveAll(s.scrap)
}
