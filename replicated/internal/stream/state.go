package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// state is what a leader says about the log.
type state struct {
	Info
	// quorum reports whether the leader has recently heard from a majority. One that has not may have been replaced without
	// knowing it yet, and what it does not have may well exist.
	quorum bool
}

// recently is how long ago a leader must have heard from a replica at most. They are in contact every second.
const recently = 3 * time.Second

// state asks the leader, and confirms it if the stream is not found.
func (l *jetLog) state(ctx context.Context) (state, error) {
	for attempt := 1; ; attempt++ {
		s, err := l.stateOnce(ctx)
		if !errors.Is(err, jetstream.ErrStreamNotFound) {
			return s, err
		}
		if attempt == confirmations {
			return state{}, fmt.Errorf("%w: %w", ErrGone, err)
		}
		if err := pause(ctx, confirmInterval); err != nil {
			return state{}, err
		}
	}
}

func (l *jetLog) stateOnce(ctx context.Context) (state, error) {
	select {
	case <-l.closing:
		return state{}, ErrClosed
	default:
	}
	if !l.nc.IsConnected() {
		return state{}, ErrDisconnected
	}
	s, err := l.lookup(ctx, l.stream)
	if err != nil {
		return state{}, fmt.Errorf("stream: asking for the state of the log: %w", err)
	}
	return l.describe(s.CachedInfo())
}

func (l *jetLog) describe(s *jetstream.StreamInfo) (state, error) {
	id, created := s.Config.Metadata[keyID], s.Created.UnixNano()
	if id != l.id || created != l.created {
		return state{}, fmt.Errorf("%w (ID %q of %d, was %q of %d)", ErrGone, id, created, l.id, l.created)
	}
	info := Info{ID: id, Created: created, Settings: settings(s.Config.Metadata), First: s.State.FirstSeq, Last: s.State.LastSeq}
	if s.State.Msgs == 0 {
		info.First = info.Last + 1
	}
	return state{Info: info, quorum: hasQuorum(s.Cluster)}, nil
}

// hasQuorum reports whether the leader that has described its cluster has recently heard from a majority, itself included.
func hasQuorum(c *jetstream.ClusterInfo) bool {
	if c == nil {
		return true
	}
	heard := 1
	for _, peer := range c.Replicas {
		if !peer.Offline && peer.Active < recently {
			heard++
		}
	}
	return 2*heard > len(c.Replicas)+1
}

// lookup returns a stream with its current state.
func (l *jetLog) lookup(ctx context.Context, name string) (s jetstream.Stream, err error) {
	err = persist(ctx, func(ctx context.Context) error {
		s, err = l.js.Stream(ctx, name)
		return err
	})
	return s, err
}
