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

	closeOnce sync.Once
	closing   chan struct{} // closed by Close
	mu        sync.Mutex    // guards closed, and that nothing is added to running once it is true
	closed    bool
	running   sync.WaitGroup // readings, and deletions of their consumers
}

const (
	// requestTimeout bounds a request to the server. One without a leader does not respond at all.
	requestTimeout = 3 * time.Second
	// confirmations is how often a lost stream or a lost message must be seen before it is believed, confirmInterval apart: a
	// server that has just started, or has just become the leader, may not know everything yet.
	confirmations   = 5
	confirmInterval = 250 * time.Millisecond
)

// Info implements [Log].
func (l *jetLog) Info(ctx context.Context) (Info, error) {
	for attempt := 1; ; attempt++ {
		info, err := l.info(ctx)
		if !errors.Is(err, jetstream.ErrStreamNotFound) {
			return info, err
		}
		if attempt == confirmations {
			return Info{}, fmt.Errorf("%w: %w", ErrGone, err)
		}
		if err := pause(ctx, confirmInterval); err != nil {
			return Info{}, err
		}
	}
}

// info asks the leader once.
func (l *jetLog) info(ctx context.Context) (Info, error) {
	select {
	case <-l.closing:
		return Info{}, ErrClosed
	default:
	}
	if !l.nc.IsConnected() {
		return Info{}, ErrDisconnected
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	s, err := l.js.Stream(ctx, l.stream)
	if err != nil {
		return Info{}, fmt.Errorf("stream: asking for the state of the log: %w", err)
	}
	return l.describe(s.CachedInfo())
}

func (l *jetLog) describe(s *jetstream.StreamInfo) (Info, error) {
	id, created := s.Config.Metadata[keyID], s.Created.UnixNano()
	if id != l.id || created != l.created {
		return Info{}, fmt.Errorf("%w (ID %q of %d, was %q of %d)", ErrGone, id, created, l.id, l.created)
	}
	info := Info{ID: id, Created: created, Settings: settings(s.Config.Metadata), First: s.State.FirstSeq, Last: s.State.LastSeq}
	if s.State.Msgs == 0 {
		info.First = info.Last + 1
	}
	return info, nil
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
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	s, err := l.js.Stream(ctx, l.stream)
	if err == nil {
		err = s.Purge(ctx, jetstream.WithPurgeSequence(below))
	}
	if err != nil {
		return fmt.Errorf("stream: trimming below %d: %w", below, err)
	}
	return nil
}

// MaxMessage implements [Log].
func (l *jetLog) MaxMessage() int { return int(l.nc.MaxPayload()) }

// Snapshots implements [Log].
func (l *jetLog) Snapshots() Snapshots { return l.snapshots }

// Close implements [Log]. It ends every Read, and waits for their consumers to be deleted, which is bounded in time.
func (l *jetLog) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.closeOnce.Do(func() { close(l.closing) })
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
