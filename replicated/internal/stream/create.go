package stream

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Create returns the log of the given name, creating it with c if there is none. Several nodes may do so at once: one of them
// creates the log, and all get that one. Info shows what it was created with. The log uses the connection of js and does not
// close it.
func Create(ctx context.Context, js jetstream.JetStream, name string, c Config) (Log, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	encoded, err := encodeName(name)
	if err != nil {
		return nil, err
	}
	l := &jetLog{js: js, nc: js.Conn(), stream: prefix + encoded, subject: "lastmodstore.log." + encoded, closing: make(chan struct{})}
	created, err := l.createStream(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := checkStream(created.Config, l.subject); err != nil {
		return nil, err
	}
	l.adopt(created)
	if err := l.replies.subscribe(l.nc); err != nil {
		return nil, fmt.Errorf("stream: subscribing to replies: %w", err)
	}
	return l, nil
}

// createStream returns the stream as it is on the server. Creating a stream that exists fails because
// the random ID makes its configuration differ.
func (l *jetLog) createStream(ctx context.Context, c Config) (*jetstream.StreamInfo, error) {
	s, err := l.lookup(ctx, l.stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		config := c.streamConfig(l.stream, l.subject, rand.Text())
		err = persist(ctx, func(ctx context.Context) error { _, err := l.js.CreateStream(ctx, config); return err })
		if err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return nil, fmt.Errorf("stream: creating the stream %s: %w", l.stream, err)
		}
		s, err = l.lookup(ctx, l.stream)
	}
	if err != nil {
		return nil, fmt.Errorf("stream: looking up the stream %s: %w", l.stream, err)
	}
	return s.CachedInfo(), nil
}

// adopt makes the stream described by info the one that l is about.
func (l *jetLog) adopt(info *jetstream.StreamInfo) {
	l.id, l.created = info.Config.Metadata[keyID], info.Created.UnixNano()
	l.snapshots = &snapshots{log: l, bucket: l.stream, storage: info.Config.Storage, replicas: info.Config.Replicas}
}
