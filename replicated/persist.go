package replicated

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

const (
	attemptTime  = 3 * time.Second // servers without a leader do not respond at all
	attemptPause = 250 * time.Millisecond
)

// persist calls f until it succeeds, fails for good, or ctx ends, and returns its
// latest error.
func persist(ctx context.Context, f func(ctx context.Context) error) error {
	for {
		attempt, cancel := context.WithTimeout(ctx, attemptTime)
		err := f(attempt)
		cancel()
		if err == nil || !isTransient(err) {
			return err
		}
		select {
		case <-time.After(attemptPause):
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}
}

// noPeers is the error code of a leader that has noticed that servers are down which it
// would place replicas on, and has not stepped down yet.
const noPeers jetstream.ErrorCode = 10005

// isTransient reports whether a request may succeed later: the servers could not be
// reached, or have no leader at the moment.
func isTransient(err error) bool {
	for _, transient := range []error{
		context.DeadlineExceeded, stream.ErrDisconnected,
		nats.ErrTimeout, nats.ErrNoResponders, nats.ErrDisconnected, nats.ErrConnectionReconnecting,
		jetstream.ErrStreamNotFound, // its creation waits for a majority
	} {
		if errors.Is(err, transient) {
			return true
		}
	}
	var refusal *jetstream.APIError
	return errors.As(err, &refusal) && (refusal.Code == http.StatusServiceUnavailable || refusal.ErrorCode == noPeers)
}
