package deployment

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// maxPending is how many messages a publisher has in flight that does not wait for each.
const maxPending = 4000

// A Publisher publishes bare messages to a stream of its own, as large as a command that
// sets a small value.
type Publisher struct {
	js      jetstream.JetStream
	subject string
}

var message = make([]byte, 32)

// Publisher creates a stream like that of a store and connects to its leader.
func (d *Deployment) Publisher(storage jetstream.StorageType) (*Publisher, error) {
	js, err := d.Connect(0)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	d.streams++
	p := &Publisher{subject: fmt.Sprint("bare-", d.streams)}
	_, err = js.CreateStream(ctx, jetstream.StreamConfig{Name: p.subject, Subjects: []string{p.subject}, Replicas: d.Size(), Storage: storage})
	if err == nil {
		p.js, err = d.connectLeader(js, p.subject)
	}
	return p, err
}

// Acknowledged publishes one message and waits for the acknowledgement.
func (p *Publisher) Acknowledged(int) error {
	_, err := p.js.Publish(context.Background(), p.subject, message)
	return err
}

// Flood publishes n messages without waiting for each.
func (p *Publisher) Flood(n int) (int, error) {
	for range n {
		if _, err := p.js.PublishAsync(p.subject, message); err != nil {
			return n, err
		}
	}
	select {
	case <-p.js.PublishAsyncComplete():
		return n, nil
	case <-time.After(Patience):
		return n, nats.ErrTimeout
	}
}

// Bucket creates a bucket of NATS KV and connects to the leader of its stream. It keeps
// one value of each key, as a store does.
func (d *Deployment) Bucket(storage jetstream.StorageType) (jetstream.KeyValue, error) {
	js, err := d.Connect(0)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	d.streams++
	name := fmt.Sprint("bucket-", d.streams)
	_, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: name, Replicas: d.Size(), Storage: storage})
	if err == nil {
		js, err = d.connectLeader(js, "KV_"+name)
	}
	if err != nil {
		return nil, err
	}
	return js.KeyValue(ctx, name)
}
