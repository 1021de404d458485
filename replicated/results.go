// This file runs on the goroutine of the feed, which completes the calls.

package replicated

import (
	"fmt"
	"slices"
	"time"

	"github.com/lastmodstore/lastmodstore/replicated/internal/command"
	"github.com/lastmodstore/lastmodstore/replicated/internal/replica"
)

// applied completes what the replica has applied. It reports whether the message was
// one of this node.
func (p *pipeline[V]) applied(seq uint64, a replica.Applied[V]) (own bool) {
	p.mu.Lock()
	if a.Header.Nonce != nil {
		own = slices.Equal(a.Header.Nonce, p.nonce)
	} else {
		own = a.Header.Session == p.session && p.session != 0
	}
	switch {
	case !own || a.Repeated:
	case a.Header.Nonce != nil:
		p.registeredLocked(seq)
	case a.Unknown:
		p.restartLocked()
	default:
		p.completeLocked(a)
	}
	ready := p.packLocked()
	p.mu.Unlock()
	p.send(ready)
	return own
}

// registeredLocked begins the session of the registration in flight.
func (p *pipeline[V]) registeredLocked(seq uint64) {
	p.session, p.nonce, p.number, p.lastSent = seq, nil, 0, time.Now()
	p.inFlight = slices.DeleteFunc(p.inFlight, func(m *message[V]) bool { return m.number == 0 })
	p.noteDrainedLocked()
}

// completeLocked completes the calls of a message of the session.
func (p *pipeline[V]) completeLocked(a replica.Applied[V]) {
	i := slices.IndexFunc(p.inFlight, func(m *message[V]) bool { return m.number == a.Header.Number })
	if i < 0 {
		return
	}
	m := p.inFlight[i]
	p.inFlight = slices.Delete(p.inFlight, i, i+1)
	p.together = len(m.calls)
	for n, c := range m.calls {
		c.complete(a.Results[n], nil)
	}
	p.noteDrainedLocked()
}

// restartLocked begins a new session, since the log does not know the present one any
// more. This node has seen all of the log so far, so what is in flight has not been
// applied, and never will be in that session: it is sent in the next one.
func (p *pipeline[V]) restartLocked() {
	var calls []*call[V]
	for _, m := range p.inFlight {
		for _, c := range m.calls {
			if c != nil {
				calls = append(calls, c)
			}
		}
	}
	p.session, p.inFlight, p.queue = 0, nil, append(calls, p.queue...)
	p.noteDrainedLocked()
}

// A resultSource is the replica, for a pipeline that does not know its keys.
type resultSource[V any] interface {
	HasSession(id uint64) bool
	Results(session, number uint64) ([]replica.Result[V], bool)
}

// restored completes the calls whose messages were applied in the part of the log that
// a snapshot has replaced.
func (p *pipeline[V]) restored(from resultSource[V]) {
	p.mu.Lock()
	if p.session != 0 && !from.HasSession(p.session) {
		p.endSessionLocked()
	}
	for _, m := range slices.Clone(p.inFlight) {
		if results, ok := from.Results(p.session, m.number); ok {
			p.completeLocked(replica.Applied[V]{Header: command.Header{Number: m.number}, Results: results})
		}
	}
	ready := p.packLocked()
	p.mu.Unlock()
	p.send(ready)
}

// endSessionLocked begins a new session, since a snapshot does not know the present one.
// What was in flight may have been applied or not.
func (p *pipeline[V]) endSessionLocked() {
	p.session = 0
	for _, m := range p.inFlight {
		for _, c := range m.calls {
			c.complete(replica.Result[V]{}, fmt.Errorf("%w: the session has expired", ErrUncertain))
		}
	}
	p.inFlight = nil
	p.noteDrainedLocked()
}

func (c *call[V]) complete(result replica.Result[V], err error) {
	if c != nil {
		c.result, c.err = result, err
		c.done <- struct{}{}
	}
}
