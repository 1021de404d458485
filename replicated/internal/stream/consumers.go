package stream

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	deleteTimeout = 2 * time.Second
	// maxLeft bounds the consumers that are remembered. The server deletes the others by itself, if only after a while: one on a
	// server that was away takes more than half a minute after its return.
	maxLeft = 64
)

// leftConsumers are consumers that are not used any more and not known to be deleted.
type leftConsumers struct {
	mu    sync.Mutex // guards names
	names []string
}

func (c *leftConsumers) leave(names ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names = append(c.names, names...)
	c.names = c.names[max(len(c.names)-maxLeft, 0):]
}

func (c *leftConsumers) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := c.names
	c.names = nil
	return names
}

// deleteConsumers runs on a goroutine of its own: once when a reading has ended, and once when another one has begun, which shows
// that the servers respond. It keeps those that it could not delete.
func (l *jetLog) deleteConsumers() {
	ctx, cancel := context.WithTimeout(context.Background(), deleteTimeout)
	defer cancel()
	for _, name := range l.consumers.take() {
		if !l.nc.IsConnected() || !l.deleteConsumer(ctx, name) {
			l.consumers.leave(name)
		}
	}
}

// deleteConsumer reports whether the consumer does not exist any longer.
func (l *jetLog) deleteConsumer(ctx context.Context, name string) bool {
	err := l.js.DeleteConsumer(ctx, l.stream, name)
	return err == nil || errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrStreamNotFound)
}
