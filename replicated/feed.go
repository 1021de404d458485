// This file runs on the goroutine that follows the log and applies its messages.

package replicated

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore/replicated/internal/replica"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

const (
	minBackoff = 20 * time.Millisecond
	maxBackoff = 250 * time.Millisecond
)

// follow applies the log until ctx ends or the log turns out to be another one. It
// reads from the message applied last, which must still be the same: otherwise
// something was lost that this node has applied.
func (s *Store[K, V]) follow(ctx context.Context) {
	backoff := minBackoff
	for ctx.Err() == nil {
		before := s.replica.Position().Seq
		err := s.log.Read(ctx, max(before, 1), s.handler())
		if errors.Is(err, stream.ErrTrimmed) {
			err = s.restore(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		s.status.disconnected(err)
		if isDivergence(err) {
			s.diverge(err)
			return
		}
		if s.replica.Position().Seq > before {
			backoff = minBackoff
		}
		if err == nil {
			continue
		}
		select {
		case <-time.After(backoff):
		case <-ctx.Done():
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

// isDivergence reports whether the log cannot be followed any more.
func isDivergence(err error) bool {
	for _, final := range []error{stream.ErrGone, stream.ErrShort, errNoSnapshot, replica.ErrDiverged, replica.ErrUndecodable} {
		if errors.Is(err, final) {
			return true
		}
	}
	return false
}

// diverge ends all writing on this node.
func (s *Store[K, V]) diverge(why error) {
	err := fmt.Errorf("%w: %w", ErrDiverged, why)
	s.status.fail(err)
	s.pipeline.refuse(err)
	s.pipeline.abort(err)
}

// A handler applies what the log delivers.
type handler[K comparable, V any] struct{ *Store[K, V] }

func (s *Store[K, V]) handler() stream.Handler { return handler[K, V]{s} }

// Alive implements [stream.Handler].
func (s handler[K, V]) Alive(last uint64) { s.status.alive(last) }

// Deliver implements [stream.Handler].
func (s handler[K, V]) Deliver(m stream.Message) error {
	a, err := s.replica.Apply(m)
	if err != nil {
		return err
	}
	s.status.applied(m)
	s.pipeline.applied(m.Seq, a)
	s.saveIfDue()
	return nil
}
