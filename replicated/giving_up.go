// This file runs on the callers' goroutines, and on those of the log, which reject messages.

package replicated

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/replicated/internal/replica"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// reject records that one attempt to send m has certainly failed.
func (p *pipeline[V]) reject(m *message[V], err error) {
	p.mu.Lock()
	m.rejected++
	m.lastError = err
	m.resendAt = time.Now().Add(retryAfter)
	p.wakeLocked()
	var ready []*message[V]
	if isFinal(err) && m.rejected == m.attempts && slices.Contains(p.inFlight, m) {
		p.failLocked(m, fmt.Errorf("%w: %w", ErrUnavailable, err))
		ready = p.packLocked()
	}
	p.mu.Unlock()
	p.send(ready)
}

// failLocked completes the calls of m with err or, of a registration, those that wait
// for it.
func (p *pipeline[V]) failLocked(m *message[V], err error) {
	calls := m.calls
	if m.number == 0 {
		calls, p.queue, p.nonce = p.queue, nil, nil
	}
	for _, c := range calls {
		c.complete(replica.Result[V]{}, err)
	}
	p.removeLocked(m)
}

// isFinal reports whether there is no point in sending a message again.
func isFinal(err error) bool {
	return errors.Is(err, stream.ErrLimit) || errors.Is(err, stream.ErrTooLarge)
}

func (p *pipeline[V]) removeLocked(m *message[V]) {
	if i := slices.Index(p.inFlight, m); i >= 0 {
		p.inFlight = slices.Delete(p.inFlight, i, i+1)
	}
	p.noteDrainedLocked()
}

func (p *pipeline[V]) noteDrainedLocked() {
	if p.drained != nil && len(p.queue) == 0 && len(p.inFlight) == 0 {
		close(p.drained)
		p.drained = nil
	}
}

// giveUp ends the wait for c, which has lasted too long, and returns the error that
// its caller gets, or nil if the result is there after all.
func (p *pipeline[V]) giveUp(c *call[V], why error) error {
	p.mu.Lock()
	err := p.giveUpLocked(c, why)
	ready := p.packLocked()
	p.mu.Unlock()
	p.send(ready)
	return err
}

func (p *pipeline[V]) giveUpLocked(c *call[V], why error) error {
	if len(c.done) > 0 {
		return nil
	}
	if i := slices.Index(p.queue, c); i >= 0 {
		p.queue = slices.Delete(p.queue, i, i+1)
		p.noteDrainedLocked()
		return fmt.Errorf("%w: %w", ErrUnavailable, p.reasonLocked(why))
	}
	i := slices.IndexFunc(p.inFlight, func(m *message[V]) bool { return slices.Contains(m.calls, c) })
	return p.giveUpInLocked(p.inFlight[i], c, why)
}

// giveUpInLocked is giveUp for a call of m. If the log has stored none of the attempts,
// nor can it store one later, m continues without c, or not at all.
func (p *pipeline[V]) giveUpInLocked(m *message[V], c *call[V], why error) error {
	if m.lastError != nil {
		why = m.lastError
	}
	if m.attempts == m.rejected {
		m.calls = slices.DeleteFunc(m.calls, func(other *call[V]) bool { return other == nil || other == c })
		if len(m.calls) == 0 {
			p.removeLocked(m)
		} else {
			p.encodeLocked(m)
		}
		return fmt.Errorf("%w: %w", ErrUnavailable, why)
	}
	m.calls[slices.Index(m.calls, c)] = nil
	if !slices.ContainsFunc(m.calls, func(c *call[V]) bool { return c != nil }) {
		p.removeLocked(m)
	}
	return fmt.Errorf("%w: %w", ErrUncertain, why)
}

// reasonLocked returns the latest error of the log, if there is one, or otherwise why.
func (p *pipeline[V]) reasonLocked(why error) error {
	for _, m := range p.inFlight {
		if m.lastError != nil {
			return m.lastError
		}
	}
	return why
}

// refuse makes err the result of all further calls, unless they get [lastmodstore.ErrClosed].
func (p *pipeline[V]) refuse(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refusal != lastmodstore.ErrClosed {
		p.refusal = err
	}
}

// drain returns a channel that is closed when every accepted call has its result.
// Refuse must have been called.
func (p *pipeline[V]) drain() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	drained := make(chan struct{})
	p.drained = drained
	p.noteDrainedLocked()
	return drained
}

// abort completes all calls that still wait: those that were not sent have certainly
// failed.
func (p *pipeline[V]) abort(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.queue {
		c.complete(replica.Result[V]{}, fmt.Errorf("%w: %w", ErrUnavailable, why))
	}
	for _, m := range p.inFlight {
		outcome := ErrUncertain
		if m.attempts == m.rejected {
			outcome = ErrUnavailable
		}
		for _, c := range m.calls {
			c.complete(replica.Result[V]{}, fmt.Errorf("%w: %w", outcome, why))
		}
	}
	p.queue, p.inFlight, p.nonce = nil, nil, nil
	p.noteDrainedLocked()
}
