package deployment

import (
	"context"
	"fmt"

	"github.com/lastmodstore/lastmodstore/replicated"
)

// NoSaving keeps snapshots out of measurements that are not about them.
func NoSaving() replicated.Option { return replicated.SaveEvery(1 << 30) }

// StreamOf returns the name of the stream of a store.
func StreamOf(name string) string { return "lastmodstore-" + name }

// number returns name with a number that no other stream has.
func (d *Deployment) number(name string) string {
	d.streams++
	return fmt.Sprint(name, "-", d.streams)
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
	name = d.number("store")
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
	return d.openNear(0, opts...)
}

// OpenAwayFromLeader opens a node of a new store that is connected to another server than
// the leader of its log.
func (d *Deployment) OpenAwayFromLeader(opts ...replicated.Option) (*replicated.Store[string, int], string, error) {
	return d.openNear(1, opts...)
}

// openNear opens a node of a new store that is connected to the server so many behind the
// leader of its log.
func (d *Deployment) openNear(distance int, opts ...replicated.Option) (*replicated.Store[string, int], string, error) {
	name := d.number("store")
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
	s, err := d.Open((leader+distance)%d.Size(), name, opts...)
	return s, name, err
}
