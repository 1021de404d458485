// The goroutines that watch a reading run this file: one for the connection, one for the log.

package stream

import (
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// watchInterval is how often the leader is asked for the state of the log. Heartbeats do not show it: a consumer goes on
	// sending them if the stream behind it has lost everything.
	watchInterval = 2 * time.Second
	// leaderless is how long the leader may be silent. An election takes up to 9 s. A node that cannot reach a leader for longer
	// is cut off, with the server that it is connected to.
	leaderless = 12 * time.Second
)

// watchConnection ends the reading when the connection is lost or the log is closed. The client would reconnect by itself and
// subscribe again, but messages may have been lost in between.
func (r *reading) watchConnection() {
	nc := r.log.nc
	lost := nc.StatusChanged(nats.DISCONNECTED, nats.RECONNECTING, nats.CLOSED)
	defer nc.RemoveStatusListener(lost)
	if !nc.IsConnected() {
		r.end(ErrDisconnected)
	}
	select {
	case <-lost:
		r.end(ErrDisconnected)
	case <-r.log.closing:
		r.end(ErrClosed)
	case <-r.ctx.Done():
	}
}

// watchLog ends the reading if the log is gone, has lost messages that were delivered, goes on without this feed, or has had no
// leader for too long.
func (r *reading) watchLog() {
	w := logWatch{feed: r.feed, answered: time.Now()}
	for pause(r.ctx, watchInterval) == nil {
		handled := r.feed.handled.Load() // before the question: the response must not be older
		s, err := r.log.state(r.ctx)
		if err := w.check(handled, s, err, r.silence() == 0); err != nil {
			r.end(err)
		}
	}
}

// logWatch compares what the leader says with what the feed delivers.
type logWatch struct {
	feed     *feed
	answered time.Time // when the leader last responded
	short    int       // how many times in a row it knew less than was delivered
	handled  uint64    // as of the previous check
	last     uint64
}

func (w *logWatch) check(handled uint64, s state, err error, busy bool) error {
	switch {
	case errors.Is(err, ErrGone):
		return err
	case err != nil:
		if time.Since(w.answered) > leaderless {
			return fmt.Errorf("%w: the log has had no leader: %w", ErrStalled, err)
		}
		return nil
	}
	w.answered = time.Now()
	w.feed.learn(s.Last)
	if s.Last >= handled || !s.quorum {
		w.short = 0
	} else if w.short++; w.short > 1 {
		return fmt.Errorf("%w: it ends at %d, %d has been delivered", ErrShort, s.Last, handled)
	}
	stuck := handled == w.handled && handled < w.last && !busy
	w.handled, w.last = handled, s.Last
	if stuck {
		return fmt.Errorf("%w: it has stopped at %d, the log goes on to %d", ErrStalled, handled, s.Last)
	}
	return nil
}
