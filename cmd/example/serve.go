package main

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// shutdownGrace is how long requests in progress may take after ctx has ended.
const shutdownGrace = 2 * time.Second

// serve serves h until ctx ends, which is no error.
func serve(ctx context.Context, listener net.Listener, h http.Handler) error {
	silent := silentConns{conns: map[net.Conn]struct{}{}}
	server := &http.Server{
		Handler:           h,
		BaseContext:       func(net.Listener) context.Context { return ctx }, // ends the streams of the debug page
		ConnState:         silent.track,
		ReadHeaderTimeout: 10 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       time.Minute,
	}
	failed := make(chan error, 1) // room for the result if nobody receives it
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	silent.close()
	if server.Shutdown(grace) != nil {
		server.Close() // a client that neither finishes its request nor reads
	}
	<-failed
	return nil
}

// silentConns are the connections that have not sent anything yet. Shutdown would
// wait five seconds for each.
type silentConns struct {
	mu     sync.Mutex // guards the fields below
	conns  map[net.Conn]struct{}
	closed bool
}

func (s *silentConns) track(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(s.conns, c)
	case s.closed:
		c.Close()
	default:
		s.conns[c] = struct{}{}
	}
}

func (s *silentConns) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for c := range s.conns {
		c.Close()
	}
}
