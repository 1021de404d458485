package replicated

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// Health describes how this node follows the log.
type Health struct {
	Position     uint64        // sequence number of the log's message that was applied last
	Lag          uint64        // number of messages that the log is known to hold beyond it
	Delay        time.Duration // from when the log took the message applied last until this node had applied it
	Stale        bool          // the node was opened from its snapshot file and has not caught up with the log yet
	Connected    bool
	Since        time.Time     // since when the node has been connected, or not
	ClockOffset  time.Duration // how far this machine's clock is ahead of the log's: see [Store.Health]
	LastSnapshot uint64        // position of the latest snapshot that this node saved or loaded
	SaveErr      error         // why the latest attempt of this node to save a snapshot failed, or nil
	Err          error         // why the node is not connected, or wraps [ErrDiverged]
}

// Health returns the current state of this node.
//
// ClockOffset is by how much this machine's clock is ahead of that of the log's server,
// at least, as found by the latest write of this node.
func (s *Store[K, V]) Health() Health {
	h := s.status.get()
	offset, _ := s.clock.get()
	h.ClockOffset = time.Duration(offset)
	return h
}

// A status is what Health shows.
type status struct {
	mu     sync.Mutex // guards the fields below
	health Health
	last   uint64        // the log's last sequence number, as known
	moved  chan struct{} // closed when the position changes, the node connects or fails; nil: nobody waits
}

// wait returns when the node follows the log and has reached a position, or why it will
// not.
func (t *status) wait(ctx context.Context, seq uint64) error {
	for {
		t.mu.Lock()
		h := t.health
		if t.moved == nil {
			t.moved = make(chan struct{})
		}
		moved := t.moved
		t.mu.Unlock()
		switch {
		case h.Connected && h.Position >= seq:
			return nil
		case errors.Is(h.Err, ErrDiverged):
			return h.Err
		}
		select {
		case <-moved:
		case <-ctx.Done():
			if h.Err != nil {
				return fmt.Errorf("%w (%w)", ctx.Err(), h.Err)
			}
			return ctx.Err()
		}
	}
}

// movedLocked wakes the callers of wait.
func (t *status) movedLocked() {
	if t.moved != nil {
		close(t.moved)
		t.moved = nil
	}
}

func (t *status) get() Health {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.health
	if t.last > h.Position {
		h.Lag = t.last - h.Position
	}
	return h
}

// startStale records that the node has been opened from its snapshot file.
func (t *status) startStale(seq uint64, why error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.health = Health{Position: seq, LastSnapshot: seq, Stale: true, Since: time.Now(), Err: why}
}

// alive records that the feed works.
func (t *status) alive(last uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = max(t.last, last)
	t.health.Stale = t.health.Stale && t.health.Position < t.last
	if !t.health.Connected {
		t.health.Connected, t.health.Since, t.health.Err = true, time.Now(), nil
		t.movedLocked()
	}
}

// disconnected records that the feed has ended with err.
func (t *status) disconnected(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.health.Connected || t.health.Since.IsZero() {
		t.health.Connected, t.health.Since = false, time.Now()
	}
	t.health.Err = err
	t.movedLocked()
}

// applied records that m has been applied.
func (t *status) applied(m stream.Message) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.health.Position = m.Seq
	t.health.Delay = time.Duration(time.Now().UnixNano() - m.Time)
	t.last = max(t.last, m.Seq)
	t.health.Stale = t.health.Stale && t.health.Position < t.last
	t.movedLocked()
}

// saved records the end of an attempt to save a snapshot.
func (t *status) saved(seq uint64, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.health.SaveErr = err; err == nil {
		t.health.LastSnapshot = seq
	}
}

// restored records that a snapshot has been loaded.
func (t *status) restored(seq uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.health.LastSnapshot, t.health.Position = seq, seq
	t.last = max(t.last, seq)
	t.movedLocked()
}
