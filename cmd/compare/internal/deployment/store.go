package deployment

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/lastmodstore/lastmodstore/replicated"
)

// NoSaving keeps snapshots out of measurements that are not about them.
func NoSaving() replicated.Option { return replicated.SaveEvery(1 << 30) }

// StreamOf returns the name of the stream of a store.
func StreamOf(name string) string { return "lastmodstore-" + name }

// newName returns the name of a new store.
func (d *Deployment) newName() string {
	d.streams++
	return fmt.Sprint("store-", d.streams)
}

// Open opens a node of a store, with a connection of its own, until d is closed.
func (d *Deployment) Open(server int, name string, opts ...replicated.Option) (*replicated.Store[string, int], error) {
	js, err := d.Connect(server)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	s, err := replicated.Open[string, int](ctx, js, name, opts...)
	if err == nil {
		d.close = append(d.close, s.Close)
	}
	return s, err
}

// OpenNodes opens a node of one new store on each server.
func (d *Deployment) OpenNodes(opts ...replicated.Option) (nodes []*replicated.Store[string, int], name string, err error) {
	name = d.newName()
	for i := range d.Size() {
		s, err := d.Open(i, name, append(opts, replicated.Replicas(d.Size()))...)
		if err != nil {
			return nil, name, err
		}
		nodes = append(nodes, s)
	}
	return nodes, name, nil
}

// OpenAtLeader opens a node of a new store that is connected to the leader of its log.
func (d *Deployment) OpenAtLeader(opts ...replicated.Option) (*replicated.Store[string, int], string, error) {
	name := d.newName()
	first, err := d.Open(0, name, opts...)
	if err != nil || d.Size() == 1 {
		return first, name, err
	}
	defer first.Close()
	js, err := d.Connect(0)
	if err != nil {
		return nil, name, err
	}
	leader, err := d.Leader(js, StreamOf(name))
	if err != nil {
		return nil, name, err
	}
	s, err := d.Open(leader, name, opts...)
	return s, name, err
}

// OpenWithConsumer opens a store at the leader of its log whose consumer is on that
// server, or on another one.
func (d *Deployment) OpenWithConsumer(onLeader bool) (*replicated.Store[string, int], error) {
	js, err := d.Connect(0)
	if err != nil {
		return nil, err
	}
	for range 30 {
		s, name, err := d.OpenAtLeader(replicated.Replicas(3), NoSaving())
		if err != nil {
			return nil, err
		}
		stream, consumers, err := d.Placement(js, name)
		if err != nil {
			return nil, err
		}
		if len(consumers) == 1 && (consumers[0] == stream) == onLeader {
			return s, nil
		}
		if err := s.Close(); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("in 30 attempts the server never placed a consumer on the leader (%v)", onLeader)
}

// Placement returns the names of the server that leads the log of a store and of those
// that its consumers are on.
func (d *Deployment) Placement(js jetstream.JetStream, name string) (leader string, consumers []string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	s, err := js.Stream(ctx, StreamOf(name))
	if err != nil {
		return "", nil, err
	}
	list := s.ListConsumers(ctx)
	for c := range list.Info() {
		consumers = append(consumers, c.Cluster.Leader)
	}
	return s.CachedInfo().Cluster.Leader, consumers, list.Err()
}
