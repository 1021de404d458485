// This file runs on the callers' goroutines and on that of the feed.

package replicated

import (
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/replicated/internal/command"
	"github.com/lastmodstore/lastmodstore/replicated/internal/replica"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// maxInFlight is the number of messages that are sent before the first of them has
// been applied. Further commands wait, and are packed into the next message.
const maxInFlight = 4

// maxPacked bounds the size of a message that holds more than one command, in bytes.
const maxPacked = 256 << 10

// A call is a command whose caller waits for its result.
type call[V any] struct {
	data  []byte
	done  chan struct{} // buffered for one: the result is there
	timer *time.Timer   // of its caller

	result replica.Result[V]
	err    error
}

// A message is a sequence of commands that is sent as one, and sent again until it has
// been applied or nobody waits for it any more.
type message[V any] struct {
	number    uint64 // 0: a registration
	data      []byte
	calls     []*call[V] // nil where a caller has given up
	attempts  int        // how often it was sent
	rejected  int        // how many of those the log has certainly not stored
	lastError error
	resendAt  time.Time
}

// A pipeline turns calls into messages of one session and completes them when the
// replica has applied them.
type pipeline[V any] struct {
	log stream.Log

	mu       sync.Mutex // guards the fields below; never held while a message is sent
	session  uint64     // 0: not registered
	lastSent time.Time  // of the session
	nonce    []byte     // of the registration in flight, or nil
	number   uint64     // of the latest message
	inFlight []*message[V]
	queue    []*call[V] // not part of a message yet
	refusal  error      // what new calls get; nil: they are accepted
	drained  chan struct{}
	asleep   bool          // the goroutine that sends again waits for wake
	wake     chan struct{} // buffered for one

	together int  // number of calls in the message completed last
	yielding bool // a caller is about to send the queue

	calls sync.Pool // of *call[V], for reuse; not guarded
}

func newPipeline[V any](log stream.Log) *pipeline[V] {
	return &pipeline[V]{log: log, asleep: true, wake: make(chan struct{}, 1)}
}

// submit accepts c, or returns why not. The result is there when c.done holds an element.
//
// Callers that get their results together often make their next calls together. The
// first of them lets the others run and then sends all their calls in one message:
// otherwise it would be sent alone, and the others wait.
func (p *pipeline[V]) submit(c *call[V]) error {
	p.mu.Lock()
	if p.refusal != nil {
		defer p.mu.Unlock()
		return p.refusal
	}
	p.queue = append(p.queue, c)
	if p.yielding || len(p.inFlight) >= maxInFlight {
		p.mu.Unlock()
		return nil
	}
	if p.together > 1 {
		p.yielding = true
		p.mu.Unlock()
		runtime.Gosched()
		p.mu.Lock()
		p.yielding = false
	}
	ready := p.packLocked()
	p.mu.Unlock()
	p.send(ready)
	return nil
}

// packLocked makes messages of the queue, as far as they may be sent now.
func (p *pipeline[V]) packLocked() (ready []*message[V]) {
	now := time.Now()
	if len(p.queue) > 0 && len(p.inFlight) == 0 && now.Sub(p.lastSent) > replica.SessionTTL/2 {
		p.session = 0 // it may expire at any time
	}
	if p.session == 0 {
		if len(p.queue) > 0 && p.nonce == nil {
			ready = append(ready, p.registerLocked(now))
		}
		return ready
	}
	for len(p.queue) > 0 && len(p.inFlight) < maxInFlight {
		p.number++
		m := &message[V]{number: p.number, calls: p.takeLocked()}
		p.encodeLocked(m, now)
		p.attemptLocked(m, now)
		p.lastSent = now
		p.inFlight = append(p.inFlight, m)
		ready = append(ready, m)
	}
	return ready
}

// takeLocked removes from the queue what fits into one message.
func (p *pipeline[V]) takeLocked() (taken []*call[V]) {
	size, n := 0, 0
	for ; n < len(p.queue); n++ {
		if size += len(p.queue[n].data); n > 0 && size > maxPacked {
			break
		}
	}
	taken = slices.Clone(p.queue[:n])
	p.queue = slices.Delete(p.queue, 0, n)
	return taken
}

// encodeLocked encodes the calls of m that have not been given up.
func (p *pipeline[V]) encodeLocked(m *message[V], now time.Time) {
	floor := m.number
	if len(p.inFlight) > 0 {
		floor = min(floor, p.inFlight[0].number)
	}
	size := command.MaxHeaderLen
	for _, c := range m.calls {
		size += len(c.data)
	}
	m.data = command.AppendHeader(make([]byte, 0, size), command.Header{
		Clock: now.UnixNano(), Session: p.session, Number: m.number, Floor: floor})
	for _, c := range m.calls {
		m.data = append(m.data, c.data...)
	}
}

// registerLocked returns the message that opens a session.
func (p *pipeline[V]) registerLocked(now time.Time) *message[V] {
	p.nonce = make([]byte, command.NonceLen)
	rand.Read(p.nonce)
	m := &message[V]{data: command.AppendHeader(nil, command.Header{Clock: now.UnixNano(), Nonce: p.nonce})}
	p.attemptLocked(m, now)
	p.inFlight = append(p.inFlight, m)
	return m
}

// attemptLocked records that m is about to be sent.
func (p *pipeline[V]) attemptLocked(m *message[V], now time.Time) {
	m.attempts++
	m.resendAt = now.Add(resendAfter)
	if p.asleep {
		p.wakeLocked()
	}
}

// wakeLocked wakes the goroutine that sends messages again.
func (p *pipeline[V]) wakeLocked() {
	p.asleep = false
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// send sends each of the messages, whose attempts have been recorded. The data of a
// message does not change before this attempt is rejected.
func (p *pipeline[V]) send(ready []*message[V]) {
	for _, m := range ready {
		if err := p.log.Append(m.data, func(err error) { p.reject(m, err) }); err != nil {
			p.reject(m, err)
		}
	}
}

// reject records that one attempt to send m has certainly failed.
func (p *pipeline[V]) reject(m *message[V], err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m.rejected++
	m.lastError = err
	m.resendAt = time.Now().Add(retryAfter)
	p.wakeLocked()
	if isFinal(err) && m.rejected == m.attempts && m.number > 0 && slices.Contains(p.inFlight, m) {
		p.removeLocked(m)
		for _, c := range m.calls {
			c.complete(replica.Result[V]{}, fmt.Errorf("%w: %w", ErrUnavailable, err))
		}
	}
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

// applied completes what the replica has applied.
func (p *pipeline[V]) applied(seq uint64, a replica.Applied[V]) {
	p.mu.Lock()
	if a.Header.Nonce != nil {
		p.registeredLocked(seq, a.Header.Nonce)
	} else if a.Header.Session == p.session && p.session != 0 && !a.Repeated {
		p.completeLocked(a)
	}
	ready := p.packLocked()
	p.mu.Unlock()
	p.send(ready)
}

// registeredLocked begins the session of a registration, if it is the one in flight.
func (p *pipeline[V]) registeredLocked(seq uint64, nonce []byte) {
	if !slices.Equal(nonce, p.nonce) {
		return
	}
	p.session, p.nonce, p.number, p.lastSent = seq, nil, 0, time.Now()
	i := slices.IndexFunc(p.inFlight, func(m *message[V]) bool { return m.number == 0 })
	p.inFlight = slices.Delete(p.inFlight, i, i+1)
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
		switch {
		case c == nil:
		case a.Unknown:
			c.complete(replica.Result[V]{}, fmt.Errorf("%w: the session has expired", ErrUncertain))
		default:
			c.complete(a.Results[n], nil)
		}
	}
	if a.Unknown {
		p.endSessionLocked()
	}
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

// endSessionLocked makes the next message one of a new session. What was in flight in
// the old one may have been applied or not.
func (p *pipeline[V]) endSessionLocked() {
	p.session = 0
	for _, m := range p.inFlight {
		for _, c := range m.calls {
			c.complete(replica.Result[V]{}, fmt.Errorf("%w: the session has expired", ErrUncertain))
		}
	}
	p.inFlight = nil
}

func (c *call[V]) complete(result replica.Result[V], err error) {
	if c != nil {
		c.result, c.err = result, err
		c.done <- struct{}{}
	}
}

// giveUp ends the wait for c, which has lasted too long, and returns the error that
// its caller gets, or nil if the result is there after all.
func (p *pipeline[V]) giveUp(c *call[V], why error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
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
	n := slices.Index(m.calls, c)
	if m.attempts == m.rejected {
		m.calls = slices.Delete(m.calls, n, n+1)
		if len(m.calls) == 0 {
			p.removeLocked(m)
		} else {
			p.encodeLocked(m, time.Now())
		}
		return fmt.Errorf("%w: %w", ErrUnavailable, why)
	}
	m.calls[n] = nil
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
	p.queue, p.inFlight = nil, nil
	p.noteDrainedLocked()
}
