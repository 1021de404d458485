package deployment

import (
	"context"
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
	subject := d.number("bare")
	js, err := d.create(subject, func(ctx context.Context, js jetstream.JetStream) error {
		_, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: subject, Subjects: []string{subject}, Replicas: d.Size(), Storage: storage})
		return err
	})
	return &Publisher{js, subject}, err
}

// create calls create and connects to the leader of the stream that it has created.
func (d *Deployment) create(stream string, create func(context.Context, jetstream.JetStream) error) (jetstream.JetStream, error) {
	js, err := d.Connect(0)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	if err := create(ctx, js); err != nil {
		return nil, err
	}
	return d.connectLeader(js, stream)
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
	name := d.number("bucket")
	js, err := d.create("KV_"+name, func(ctx context.Context, js jetstream.JetStream) error {
		_, err := js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: name, Replicas: d.Size(), Storage: storage})
		return err
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	return js.KeyValue(ctx, name)
}
