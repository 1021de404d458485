// Package memlog is a log in memory, for tests in a bubble of testing/synctest. Several
// nodes of one process can open it. Its faults can be switched on and off.
package memlog

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// A Stream is what all nodes share.
type Stream struct {
	mu        sync.Mutex // guards the fields below
	info      stream.Info
	messages  []stream.Message // from info.First on
	snapshots map[string][]byte
	changed   chan struct{} // closed, and replaced, when something changes
	fault     Fault
	skew      time.Duration // of the server's clock
	forgets   bool
	limit     int // number of messages from which on it is full; 0 means none
}

// A Fault decides what happens to a message that is appended. The zero value appends it.
type Fault func(data []byte) Outcome

// An Outcome is what happens to a message.
type Outcome struct {
	Lose   bool  // it is not stored, and nobody learns of it
	Reject error // it is not stored, and the writer is told so
	Repeat int   // it is stored that many times more
}

// New returns an empty stream that was created with these settings.
func New(settings map[string]string) *Stream {
	return &Stream{
		info:      stream.Info{ID: rand.Text(), Created: time.Now().UnixNano(), Settings: maps.Clone(settings), First: 1},
		snapshots: map[string][]byte{},
		changed:   make(chan struct{}),
	}
}

// Settings returns the settings that the stream was created with.
func (s *Stream) Settings() map[string]string { return s.info.Settings }

// SetFault replaces the fault; nil ends it.
func (s *Stream) SetFault(f Fault) { s.change(func() { s.fault = f }) }

// SetSkew sets how far the server's clock is ahead.
func (s *Stream) SetSkew(d time.Duration) { s.change(func() { s.skew = d }) }

// Forget makes the stream drop each message that has been delivered, except for the last
// one. It is for a single node, whose tests measure memory.
func (s *Stream) Forget() { s.change(func() { s.forgets = true }) }

// SetLimit makes the stream reject what would be more than limit messages.
func (s *Stream) SetLimit(limit int) { s.change(func() { s.limit = limit }) }

// Recreate makes the stream an empty one of the same settings.
func (s *Stream) Recreate() {
	s.change(func() {
		s.info.ID, s.info.First, s.info.Last, s.messages = rand.Text(), 1, 0, nil
	})
}

// Truncate drops the messages behind last, as after a loss of data.
func (s *Stream) Truncate(last uint64) {
	s.change(func() {
		s.messages, s.info.Last = s.messages[:last+1-s.info.First], last
	})
}

// Messages returns the messages that are stored.
func (s *Stream) Messages() []stream.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// change runs f under the lock and wakes all readers.
func (s *Stream) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	close(s.changed)
	s.changed = make(chan struct{})
}

// Open returns a node's connection to the stream.
func (s *Stream) Open() *Log { return &Log{stream: s, id: s.info.ID, closed: make(chan struct{})} }

// A Log is a node's connection to a Stream.
type Log struct {
	stream *Stream
	id     string
	once   sync.Once
	closed chan struct{}

	mu  sync.Mutex
	cut error // what every call returns while the node is cut off
}

var _ stream.Log = (*Log)(nil)

// Cut cuts the node off: calls and feeds fail with err. Nil connects it again.
func (l *Log) Cut(err error) {
	l.mu.Lock()
	l.cut = err
	l.mu.Unlock()
	l.stream.change(func() {})
}

func (l *Log) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cut
}

// Info implements [stream.Log].
func (l *Log) Info(context.Context) (stream.Info, error) {
	l.stream.mu.Lock()
	defer l.stream.mu.Unlock()
	if err := l.failure(); err != nil {
		return stream.Info{}, err
	}
	if l.stream.info.ID != l.id {
		return stream.Info{}, stream.ErrGone
	}
	return l.stream.info, nil
}

// Append implements [stream.Log].
func (l *Log) Append(data []byte, rejected func(error)) error {
	if err := l.failure(); err != nil {
		return err
	}
	var outcome Outcome
	l.stream.change(func() {
		if l.stream.fault != nil {
			outcome = l.stream.fault(data)
		}
		if l.stream.limit > 0 && len(l.stream.messages) >= l.stream.limit {
			outcome.Reject = stream.ErrLimit
		}
		if outcome.Lose || outcome.Reject != nil {
			return
		}
		for range outcome.Repeat + 1 {
			l.stream.append(data)
		}
	})
	if outcome.Reject != nil {
		rejected(outcome.Reject)
	}
	return nil
}

func (s *Stream) append(data []byte) {
	s.info.Last++
	s.messages = append(s.messages, stream.Message{Seq: s.info.Last, Time: time.Now().Add(s.skew).UnixNano(), Data: bytes.Clone(data)})
}

// heartbeat is the time after which Read calls Alive without a message.
const heartbeat = 2 * time.Second

// Read implements [stream.Log].
func (l *Log) Read(ctx context.Context, from uint64, h stream.Handler) error {
	timer := time.NewTimer(heartbeat)
	defer timer.Stop()
	for first := true; ; first = false {
		next, last, changed, err := l.next(from, first)
		if err != nil {
			return err
		}
		h.Alive(last)
		for _, m := range next {
			if err := h.Deliver(m); err != nil {
				return err
			}
		}
		from += uint64(len(next))
		timer.Reset(heartbeat)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-l.closed:
			return stream.ErrGone
		}
	}
}

func (l *Log) next(from uint64, first bool) (next []stream.Message, last uint64, changed <-chan struct{}, err error) {
	s := l.stream
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := l.failure(); err != nil {
		return nil, 0, nil, err
	}
	switch {
	case s.info.ID != l.id:
		err = stream.ErrGone
	case from < s.info.First:
		err = stream.ErrTrimmed
	case from > s.info.Last+1 || first && from == s.info.Last+1 && from > 1:
		err = stream.ErrShort
	default:
		next = slices.Clone(s.messages[from-s.info.First:])
		s.forget(from)
	}
	return next, s.info.Last, s.changed, err
}

// forget drops the messages that have been delivered, if the stream forgets.
func (s *Stream) forget(delivered uint64) {
	if s.forgets && delivered > s.info.First+1 {
		s.messages = slices.Clone(s.messages[delivered-1-s.info.First:])
		s.info.First = delivered - 1
	}
}

// Trim implements [stream.Log].
func (l *Log) Trim(_ context.Context, below uint64) error {
	if err := l.failure(); err != nil {
		return err
	}
	l.stream.change(func() {
		if below = min(below, l.stream.info.Last); below > l.stream.info.First {
			l.stream.messages = slices.Clone(l.stream.messages[below-l.stream.info.First:])
			l.stream.info.First = below
		}
	})
	return nil
}

// MaxMessage implements [stream.Log].
func (l *Log) MaxMessage() int { return 1 << 20 }

// Close implements [stream.Log].
func (l *Log) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Snapshots implements [stream.Log].
func (l *Log) Snapshots() stream.Snapshots { return (*snapshots)(l) }

type snapshots Log

func (p *snapshots) Save(_ context.Context, name string, r io.Reader) error {
	if err := (*Log)(p).failure(); err != nil {
		return err
	}
	data, err := io.ReadAll(r)
	if err == nil {
		p.stream.change(func() { p.stream.snapshots[name] = data })
	}
	return err
}

func (p *snapshots) List(context.Context) ([]string, error) {
	p.stream.mu.Lock()
	defer p.stream.mu.Unlock()
	return slices.Sorted(maps.Keys(p.stream.snapshots)), (*Log)(p).failure()
}

func (p *snapshots) Open(_ context.Context, name string) (io.ReadCloser, error) {
	p.stream.mu.Lock()
	defer p.stream.mu.Unlock()
	data, ok := p.stream.snapshots[name]
	if !ok {
		return nil, stream.ErrNoSnapshot
	}
	return io.NopCloser(bytes.NewReader(data)), (*Log)(p).failure()
}

func (p *snapshots) Delete(_ context.Context, name string) error {
	p.stream.change(func() { delete(p.stream.snapshots, name) })
	return nil
}
