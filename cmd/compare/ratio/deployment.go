package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/lastmodstore/lastmodstore/replicated"
	"github.com/lastmodstore/lastmodstore/replicated/embedded"
	"github.com/lastmodstore/lastmodstore/replicated/embedded/servertest"
)

// patience bounds what is not measured.
const patience = time.Minute

// A deployment is a cluster of servers, each in a process of its own, and the stores and
// streams that use them.
type deployment struct {
	*servertest.Cluster
	dir     string
	names   []string       // of the servers
	close   []func() error // in reverse order
	streams int
}

// deploy starts n servers. One server is no cluster.
func deploy(n int) (*deployment, error) {
	return deployWith(func(ctx context.Context, dir string) (*servertest.Cluster, error) {
		return servertest.Start(ctx, n, dir)
	})
}

// deploySynced starts n servers that flush what they store to the disk.
func deploySynced(n int) (*deployment, error) {
	return deployWith(func(ctx context.Context, dir string) (*servertest.Cluster, error) {
		return servertest.Start(ctx, n, dir, embedded.SyncAlways())
	})
}

func deployWith(start func(ctx context.Context, dir string) (*servertest.Cluster, error)) (*deployment, error) {
	dir, err := os.MkdirTemp("", "lastmodstore-ratio-")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := start(ctx, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	d := &deployment{Cluster: c, dir: dir}
	for i := range c.Size() {
		nc, err := d.Connect(i)
		if err != nil {
			return nil, errors.Join(err, d.Close())
		}
		d.names = append(d.names, nc.ConnectedServerName())
		nc.Close()
	}
	return d, nil
}

// Close closes what was opened, ends the servers and removes what they have stored.
func (d *deployment) Close() error {
	var errs []error
	for i := len(d.close) - 1; i >= 0; i-- {
		errs = append(errs, d.close[i]())
	}
	d.Cluster.Close()
	return errors.Join(append(errs, os.RemoveAll(d.dir))...)
}

// connect connects to a server until d is closed.
func (d *deployment) connect(server int) (jetstream.JetStream, error) {
	nc, err := d.Connect(server)
	if err != nil {
		return nil, err
	}
	d.close = append(d.close, func() error { nc.Close(); return nil })
	return jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(maxPending))
}

// connectAll connects to whichever server runs, until d is closed.
func (d *deployment) connectAll() (jetstream.JetStream, error) {
	nc, err := nats.Connect(d.URLs(), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		return nil, err
	}
	d.close = append(d.close, func() error { nc.Close(); return nil })
	return jetstream.New(nc)
}

// placement returns the names of the server that leads the log of a store and of those
// that its consumers are on.
func (d *deployment) placement(js jetstream.JetStream, name string) (leader string, consumers []string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s, err := js.Stream(ctx, streamOf(name))
	if err != nil {
		return "", nil, err
	}
	list := s.ListConsumers(ctx)
	for c := range list.Info() {
		consumers = append(consumers, c.Cluster.Leader)
	}
	return s.CachedInfo().Cluster.Leader, consumers, list.Err()
}

// maxPending is how many messages a bare asynchronous publisher has in flight.
const maxPending = 4000

// openAtLeader opens a node of a new store that is connected to the leader of its log.
func (d *deployment) openAtLeader(opts ...replicated.Option) (*replicated.Store[string, int], string, error) {
	d.streams++
	name := fmt.Sprint("store-", d.streams)
	first, err := d.open(0, name, opts...)
	if err != nil || d.Size() == 1 {
		return first, name, err
	}
	defer first.Close()
	js, err := d.connect(0)
	if err != nil {
		return nil, name, err
	}
	leader, err := d.leader(js, streamOf(name))
	if err != nil {
		return nil, name, err
	}
	s, err := d.open(leader, name, opts...)
	return s, name, err
}

// streamOf returns the name of the stream of a store.
func streamOf(name string) string { return "lastmodstore-" + name }

// open opens a node of a store, with a connection of its own, until d is closed.
func (d *deployment) open(server int, name string, opts ...replicated.Option) (*replicated.Store[string, int], error) {
	js, err := d.connect(server)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s, err := replicated.Open[string, int](ctx, js, name, opts...)
	if err == nil {
		d.close = append(d.close, s.Close)
	}
	return s, err
}

// A publisher publishes bare messages to a stream of its own, as large as a command that
// sets a small value.
type publisher struct {
	js      jetstream.JetStream
	subject string
}

var message = make([]byte, 32)

// publisher creates a stream like that of a store and connects to its leader.
func (d *deployment) publisher(replicas int, storage jetstream.StorageType) (*publisher, error) {
	js, err := d.connect(0)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	d.streams++
	p := &publisher{subject: fmt.Sprint("bare-", d.streams)}
	_, err = js.CreateStream(ctx, jetstream.StreamConfig{Name: p.subject, Subjects: []string{p.subject}, Replicas: replicas, Storage: storage})
	if err != nil {
		return nil, err
	}
	leader, err := d.leader(js, p.subject)
	if err == nil {
		p.js, err = d.connect(leader)
	}
	return p, err
}

// acknowledged publishes one message and waits for the acknowledgement.
func (p *publisher) acknowledged(int) error {
	_, err := p.js.Publish(context.Background(), p.subject, message)
	return err
}

// flood publishes n messages without waiting for each.
func (p *publisher) flood(n int) (int, error) {
	for range n {
		if _, err := p.js.PublishAsync(p.subject, message); err != nil {
			return n, err
		}
	}
	select {
	case <-p.js.PublishAsyncComplete():
		return n, nil
	case <-time.After(patience):
		return n, nats.ErrTimeout
	}
}

// leader returns which server leads a stream. It waits until one does.
func (d *deployment) leader(js jetstream.JetStream, stream string) (int, error) {
	for deadline := time.Now().Add(patience); ; {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		i, err := d.Leader(ctx, js, stream)
		cancel()
		if err == nil || time.Now().After(deadline) {
			return i, err
		}
		time.Sleep(20 * time.Millisecond)
	}
}
