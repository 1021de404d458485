package stream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// jetLog implements [Log] over a JetStream stream.
type jetLog struct {
	js              jetstream.JetStream
	nc              *nats.Conn
	stream, subject string
	id              string
	created         int64
	snapshots       *snapshots
	replies         replies

	closing chan struct{} // closed by Close
	mu      sync.Mutex    // guards closed, and that nothing is added to running once it is true
	closed  bool
	running sync.WaitGroup // readings
}

const (
	// A request that is not responded to is sent again. There is no response while there is no leader, and when there is one
	// again, waiting for a response to an old request would only lose time.
	requestTimeout  = 750 * time.Millisecond
	requestAttempts = 4
	// confirmations is how often a lost stream or a lost message must be seen before it is believed, confirmInterval apart: a
	// server that has just started, or has just become the leader, may not know everything yet.
	confirmations   = 8
	confirmInterval = 250 * time.Millisecond
)

// persist calls f until it returns something other than a timeout, a few times. Calling f
// twice must have the effect of calling it once.
func persist(ctx context.Context, f func(context.Context) error) error {
	for attempt := 1; ; attempt++ {
		each, cancel := context.WithTimeout(ctx, requestTimeout)
		err := f(each)
		cancel()
		timedOut := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout)
		if !timedOut || ctx.Err() != nil || attempt == requestAttempts {
			return err
		}
	}
}

// Info implements [Log].
func (l *jetLog) Info(ctx context.Context) (Info, error) {
	s, err := l.state(ctx)
	return s.Info, err
}

// Trim implements [Log]. The last message is kept because a reader begins with the message it applied last.
func (l *jetLog) Trim(ctx context.Context, below uint64) error {
	info, err := l.Info(ctx)
	if err != nil {
		return err
	}
	below = min(below, info.Last)
	if below <= info.First {
		return nil
	}
	s, err := l.lookup(ctx, l.stream)
	if err == nil {
		err = purge(ctx, s, jetstream.WithPurgeSequence(below))
	}
	if err != nil {
		return fmt.Errorf("stream: trimming below %d: %w", below, err)
	}
	return nil
}

func purge(ctx context.Context, s jetstream.Stream, what jetstream.StreamPurgeOpt) error {
	return persist(ctx, func(ctx context.Context) error { return s.Purge(ctx, what) })
}

// MaxMessage implements [Log].
func (l *jetLog) MaxMessage() int { return int(l.nc.MaxPayload()) }

// Snapshots implements [Log].
func (l *jetLog) Snapshots() Snapshots { return l.snapshots }

// Close implements [Log]. It ends every Read.
func (l *jetLog) Close() error {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.closing)
	}
	l.mu.Unlock()
	l.running.Wait()
	l.replies.unsubscribe()
	return nil
}

// start adds one to running, unless the log is closed.
func (l *jetLog) start() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.running.Add(1)
	return true
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
