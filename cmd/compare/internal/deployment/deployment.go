// Package deployment starts what replicated stores are measured with: NATS servers, the
// stores on them, and bare publishers and buckets of NATS KV to compare them with. It
// also has the calls that are measured of these, of Redis and of etcd. A program that
// uses it calls [servertest.Main] first thing.
package deployment

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/lastmodstore/lastmodstore/replicated/embedded"
	"github.com/lastmodstore/lastmodstore/replicated/embedded/servertest"
)

// Patience bounds what is not measured.
const Patience = time.Minute

// A Deployment is a cluster of servers, each in a process of its own, and the stores and
// streams that use them.
type Deployment struct {
	*servertest.Cluster
	Dir     string         // where the servers store
	close   []func() error // in reverse order
	streams int
}

// Start starts n servers. One server is no cluster.
func Start(n int, opts ...embedded.Option) (*Deployment, error) {
	dir, err := os.MkdirTemp("", "lastmodstore-servers-")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	c, err := servertest.Start(ctx, n, dir, opts...)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &Deployment{Cluster: c, Dir: dir}, nil
}

// Close closes what was opened, ends the servers and removes what they have stored.
func (d *Deployment) Close() error {
	var errs []error
	for i := len(d.close) - 1; i >= 0; i-- {
		errs = append(errs, d.close[i]())
	}
	d.Cluster.Close()
	return errors.Join(append(errs, os.RemoveAll(d.Dir))...)
}

// Connect connects to a server until d is closed.
func (d *Deployment) Connect(server int) (jetstream.JetStream, error) {
	nc, err := d.Cluster.Connect(server)
	if err != nil {
		return nil, err
	}
	d.close = append(d.close, func() error { nc.Close(); return nil })
	return jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(maxPending))
}

// ConnectAll connects to whichever server runs, until d is closed.
func (d *Deployment) ConnectAll() (jetstream.JetStream, error) {
	nc, err := nats.Connect(d.URLs(), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		return nil, err
	}
	d.close = append(d.close, func() error { nc.Close(); return nil })
	return jetstream.New(nc)
}

// connectLeader connects to the server that leads a stream.
func (d *Deployment) connectLeader(js jetstream.JetStream, stream string) (jetstream.JetStream, error) {
	leader, err := d.Leader(js, stream)
	if err != nil {
		return nil, err
	}
	return d.Connect(leader)
}

// Leader returns which server leads a stream. It waits until one does.
func (d *Deployment) Leader(js jetstream.JetStream, stream string) (int, error) {
	for deadline := time.Now().Add(Patience); ; {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		i, err := d.Cluster.Leader(ctx, js, stream)
		cancel()
		if err == nil || time.Now().After(deadline) {
			return i, err
		}
		time.Sleep(20 * time.Millisecond)
	}
}
