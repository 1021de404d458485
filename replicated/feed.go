// This file runs on the goroutine that follows the log and applies its messages.

package replicated

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore/replicated/internal/command"
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
	backoff, missing := minBackoff, 0
	for ctx.Err() == nil {
		before := s.replica.Position().Seq
		err := s.log.Read(ctx, max(before, 1), s.handler())
		if errors.Is(err, stream.ErrTrimmed) {
			err = s.restore(ctx)
		}
		if !errors.Is(err, errNoSnapshot) {
			missing = 0
		} else if missing++; missing < maxMissing {
			err = fmt.Errorf("no snapshot found yet: %w", stream.ErrTrimmed)
		}
		if ctx.Err() != nil {
			return
		}
		s.status.disconnected(err)
		if isDivergence(err) {
			s.diverge(err)
			return
		}
		s.replica.FollowClock()
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

// maxMissing is how often in a row no snapshot is found before the node gives up: servers
// that have just been started may not know of it yet.
const maxMissing = 10

// isDivergence reports whether the log cannot be followed any more.
func isDivergence(err error) bool {
	for _, final := range []error{stream.ErrGone, stream.ErrShort, errNoSnapshot, ErrIncompatible, replica.ErrDiverged, replica.ErrUndecodable} {
		if errors.Is(err, final) {
			return true
		}
	}
	return false
}

// diverge ends all writing on this node.
func (s *Store[K, V]) diverge(why error) {
	err := fmt.Errorf("%w: %w", ErrDiverged, why)
	s.status.disconnected(err)
	s.pipeline.refuse(err)
	s.pipeline.abort(err)
}

// A handler applies what the log delivers.
type handler[K comparable, V any] struct{ *Store[K, V] }

func (s *Store[K, V]) handler() stream.Handler { return handler[K, V]{s} }

// Alive implements [stream.Handler].
func (s handler[K, V]) Alive(last uint64) {
	s.status.alive(last)
	s.replica.FollowClock()
	s.saveIfDue()
}

// Deliver implements [stream.Handler].
func (s handler[K, V]) Deliver(m stream.Message) error {
	a, err := s.replica.Apply(m)
	if err != nil {
		return err
	}
	s.status.applied(m)
	own := s.pipeline.applied(m.Seq, a)
	if !a.Repeated {
		s.compareClocks(own, a.Machine, a.Header.Clock, m.Time)
	}
	s.saveIfDue()
	s.fileIfDue()
	return nil
}

// compareClocks compares this machine's clock with the log's by a message, and corrects
// the timeline of reads if this clock is far ahead, so that nothing expires early.
func (s handler[K, V]) compareClocks(own bool, machine uint64, sent, logged int64) {
	now := s.now()
	switch {
	case own:
		s.clock.own(sent, logged, now)
	case machine != s.options.machine && s.clock.other(sent, logged, now):
		s.running.Go(func() { s.send(s.ctx, &command.Command{Op: command.Nop}, s.options.timeout) })
	}
	wrong := s.clock.wrongBy(now)
	if abs(wrong-s.corrected) > int64(time.Second) {
		s.corrected = wrong
		s.replica.Line.Correct(wrong)
	}
}
