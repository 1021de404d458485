// The goroutine of the feed's subscription runs this file, except for stop.

package stream

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// feed checks and hands on what the server sends: nothing but the next message, delivered by this consumer and no other.
type feed struct {
	nc               *nats.Conn
	stream, consumer string
	handler          Handler
	established      chan struct{}   // closed by Read when the handler may be called
	ctx              context.Context // the reading
	fail             context.CancelCauseFunc

	mu        sync.Mutex // guards what follows, and is held while the handler runs
	stopped   bool
	next      uint64 // the sequence of the next message
	delivered uint64 // how many the consumer has delivered

	// Other goroutines read or set these.
	handled atomic.Uint64 // the last sequence handled, or the one before the first
	last    atomic.Uint64 // the log's last sequence, as far as it is known
	heard   atomic.Int64  // when something last arrived or was handled, since epoch
}

// epoch is what feeds count time from, by the monotonic clock.
var epoch = time.Now()

// receive handles one message from the server. Nothing is handled after the reading has ended.
func (f *feed) receive(m *nats.Msg) {
	select {
	case <-f.established:
	case <-f.ctx.Done():
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped || f.ctx.Err() != nil {
		return
	}
	if err := f.accept(m); err != nil {
		f.fail(err)
	}
	f.heard.Store(int64(time.Since(epoch)))
}

// stop returns when the handler has returned, and it is not called again.
func (f *feed) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = true
}

func (f *feed) accept(m *nats.Msg) error {
	switch {
	case strings.HasPrefix(m.Reply, ackPrefix):
		return f.message(m)
	case m.Header.Get("Status") == "100":
		return f.control(m)
	}
	return nil // nothing that a consumer sends
}

func (f *feed) message(m *nats.Msg) error {
	p, ok := parsePosition(m.Reply)
	if !ok || p.stream != f.stream || p.consumer != f.consumer || p.stored != f.next || p.delivered != f.delivered+1 {
		return fmt.Errorf("%w: message %d is next, consumer %s has delivered %d, received %s", ErrGap, f.next, f.consumer, f.delivered, m.Reply)
	}
	f.next++
	f.delivered++
	f.learn(p.stored + p.pending)
	if err := f.handler.Deliver(Message{Seq: p.stored, Time: p.time, Data: m.Data}); err != nil {
		return err
	}
	f.handled.Store(p.stored)
	return nil
}

// control handles heartbeats and requests for flow control. Messages arrive in order, so when a request for flow control is
// handled, so are the messages before it.
func (f *feed) control(m *nats.Msg) error {
	f.respond(m.Reply)
	delivered, stored, ok := parseHeartbeat(m)
	if !ok {
		return nil
	}
	f.respond(m.Header.Get("Nats-Consumer-Stalled")) // the request for flow control that it has no response to
	if delivered != f.delivered || stored != f.next-1 {
		return fmt.Errorf("%w: message %d is next, consumer %s has delivered %d, says %d up to message %d",
			ErrGap, f.next, f.consumer, f.delivered, delivered, stored)
	}
	f.handler.Alive(f.last.Load())
	return nil
}

// respond sends an empty message. If that fails, the feed stalls and ends.
func (f *feed) respond(subject string) {
	if subject != "" {
		_ = f.nc.Publish(subject, nil)
	}
}

// learn raises what is known of the log's end.
func (f *feed) learn(last uint64) {
	for {
		known := f.last.Load()
		if last <= known || f.last.CompareAndSwap(known, last) {
			return
		}
	}
}
