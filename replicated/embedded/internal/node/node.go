// Package node starts one NATS server with JetStream, alone or as a member of a cluster.
package node

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// A Config describes one server. It can be passed to another process as JSON.
type Config struct {
	Name        string
	Dir         string // where JetStream stores
	SyncAlways  bool
	MaxMemory   int64 // 0 leaves the server's default
	MaxStore    int64
	MaxPayload  int32
	Port        int      // to listen on, on loopback; 0 listens nowhere
	Cluster     string   // the cluster's name; empty outside a cluster
	ClusterPort int      // where the other servers connect to
	Routes      []string // the URLs of all members
}

// startTimeout bounds the start of one server, without the election of a leader.
const startTimeout = 10 * time.Second

// Start starts a server and returns when it accepts connections.
func Start(c Config) (*server.Server, error) {
	if c.Dir == "" {
		return nil, errors.New("embedded: a server needs a directory of its own")
	}
	s, err := server.NewServer(c.options())
	if err != nil {
		return nil, fmt.Errorf("embedded: starting the server %s: %w", c.Name, err)
	}
	trouble := new(troubleLog)
	s.SetLoggerV2(trouble, false, false, false)
	go s.Start()
	if err := waitReady(s, trouble); err != nil {
		Stop(s)
		return nil, fmt.Errorf("embedded: starting the server %s in %s: %w", c.Name, c.Dir, err)
	}
	return s, nil
}

// waitReady returns when s accepts connections, or why it never will.
func waitReady(s *server.Server, trouble *troubleLog) error {
	deadline := time.Now().Add(startTimeout)
	for {
		ready := s.ReadyForConnections(50 * time.Millisecond)
		if err := trouble.fatal(); err != nil {
			return err
		}
		if ready {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not ready after %v", startTimeout)
		}
	}
}

// Stop stops a server and returns when it has stopped.
func Stop(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

func (c Config) options() *server.Options {
	o := &server.Options{
		ServerName:         c.Name,
		Host:               "127.0.0.1",
		Port:               c.Port,
		DontListen:         c.Port == 0,
		NoSigs:             true, // signals are the program's
		JetStream:          true,
		StoreDir:           c.Dir,
		SyncAlways:         c.SyncAlways,
		JetStreamMaxMemory: cmp.Or(c.MaxMemory, -1),
		JetStreamMaxStore:  cmp.Or(c.MaxStore, -1),
		MaxPayload:         c.MaxPayload,
	}
	if c.Cluster != "" {
		o.Cluster = server.ClusterOpts{Name: c.Cluster, Host: "127.0.0.1", Port: c.ClusterPort}
		for _, route := range c.Routes {
			o.Routes = append(o.Routes, server.RoutesFromStr(route)...)
		}
	}
	return o
}
