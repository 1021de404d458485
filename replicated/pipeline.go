// This file runs on the callers' goroutines and on that of the feed.

package replicated

import (
	"crypto/rand"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore/replicated/internal/command"
	"github.com/lastmodstore/lastmodstore/replicated/internal/replica"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// maxInFlight is the number of messages that are sent before the first of them has
// been applied. Further commands wait, and are packed into the next message.
const maxInFlight = 4

// maxYields bounds how often a caller that is about to send the queue lets others run
// first: new callers could otherwise delay it without end.
const maxYields = 8

// soon is how long a message may usually take to be applied. What takes longer may have
// been lost, and nothing waits to be packed until it returns.
const soon = 100 * time.Millisecond

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
	log     stream.Log
	clock   func() time.Time // for the messages' clock readings only
	machine uint64

	mu       sync.Mutex // guards the fields below; never held while a message is sent
	session  uint64     // 0: not registered
	lastSent time.Time  // of the session
	nonce    []byte     // of the registration in flight, or nil
	number   uint64     // of the latest message
	inFlight []*message[V]
	queue    []*call[V] // not part of a message yet
	refusal  error      // what new calls get; nil: they are accepted
	drained  chan struct{}
	asleep   bool          // the goroutine that sends again waits for wake alone
	wakesAt  time.Time     // when it looks next, if it does not
	wake     chan struct{} // buffered for one

	together int  // number of calls in the message completed last
	yielding bool // a caller is about to send the queue

	calls sync.Pool // of *call[V], for reuse; not guarded
}

func newPipeline[V any](log stream.Log, clock func() time.Time, machine uint64) *pipeline[V] {
	return &pipeline[V]{log: log, clock: clock, machine: machine, asleep: true, wake: make(chan struct{}, 1)}
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
	if p.yielding || !p.isDueLocked(time.Now()) {
		p.mu.Unlock()
		return nil
	}
	if p.together > 1 {
		p.yielding = true
		for passes, before := 0, 0; passes < maxYields && before < len(p.queue) && len(p.queue) < p.together; passes++ {
			before = len(p.queue)
			p.mu.Unlock()
			runtime.Gosched()
			p.mu.Lock()
		}
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
	for p.isDueLocked(now) {
		p.number++
		m := &message[V]{number: p.number, calls: p.takeLocked()}
		p.encodeLocked(m)
		p.attemptLocked(m, now)
		p.lastSent = now
		p.inFlight = append(p.inFlight, m)
		ready = append(ready, m)
	}
	return ready
}

// isDueLocked reports whether to send the queue now. While other messages are in flight it
// is sent when it holds half as many calls as they do: if each call that comes meanwhile
// were sent alone, most messages would hold one.
func (p *pipeline[V]) isDueLocked(now time.Time) bool {
	if len(p.queue) == 0 || len(p.inFlight) >= maxInFlight {
		return false
	}
	inFlight := 0
	for _, m := range p.inFlight {
		if m.untilLate(now) > 0 {
			inFlight += len(m.calls)
		}
	}
	return 2*len(p.queue) >= inFlight
}

// untilLate returns for how long m is not late yet; 0 means that it is.
func (m *message[V]) untilLate(now time.Time) time.Duration {
	if m.attempts > 1 {
		return 0
	}
	return max(0, m.resendAt.Sub(now)-resendAfter+soon)
}

// takeLocked removes from the queue what fits into one message.
func (p *pipeline[V]) takeLocked() (taken []*call[V]) {
	limit := min(maxPacked, p.log.MaxMessage()-command.MaxHeaderLen)
	size, n := 0, 0
	for ; n < len(p.queue); n++ {
		if size += len(p.queue[n].data); n > 0 && size > limit {
			break
		}
	}
	taken = slices.Clone(p.queue[:n])
	p.queue = slices.Delete(p.queue, 0, n)
	return taken
}

// encodeLocked encodes the calls of m that have not been given up.
func (p *pipeline[V]) encodeLocked(m *message[V]) {
	floor := m.number
	if len(p.inFlight) > 0 {
		floor = min(floor, p.inFlight[0].number)
	}
	size := command.MaxHeaderLen
	for _, c := range m.calls {
		size += len(c.data)
	}
	m.data = command.AppendHeader(make([]byte, 0, size), command.Header{
		Clock: p.clock().UnixNano(), Session: p.session, Number: m.number, Floor: floor})
	for _, c := range m.calls {
		m.data = append(m.data, c.data...)
	}
}

// registerLocked returns the message that opens a session.
func (p *pipeline[V]) registerLocked(now time.Time) *message[V] {
	p.nonce = make([]byte, command.NonceLen)
	rand.Read(p.nonce)
	m := &message[V]{data: command.AppendHeader(nil, command.Header{Clock: p.clock().UnixNano(), Nonce: p.nonce, Machine: p.machine})}
	p.attemptLocked(m, now)
	p.inFlight = append(p.inFlight, m)
	return m
}

// attemptLocked records that m is about to be sent.
func (p *pipeline[V]) attemptLocked(m *message[V], now time.Time) {
	m.attempts++
	m.resendAt = now.Add(resendAfter)
	if p.asleep || now.Add(soon).Before(p.wakesAt) {
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
