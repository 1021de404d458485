// Package stream is the replicated log: an ordered sequence of messages that any node appends to and that every node reads
// from the beginning, or from any message that still exists, in the same order. [Create] returns the implementation over a
// NATS JetStream stream.
package stream

import (
	"context"
	"errors"
	"io"
)

// Errors of a log.
var (
	// ErrGone is returned if the log does not exist any longer, or if another one has its name.
	ErrGone = errors.New("stream: the log is gone, or another one has taken its name")
	// ErrTrimmed is returned by Read if the message to start at has been trimmed.
	ErrTrimmed = errors.New("stream: the log begins after the message asked for")
	// ErrShort is returned by Read if the log ends before the message to start at, or before one already delivered: it has
	// lost messages.
	ErrShort = errors.New("stream: the log ends before the message asked for")
	// ErrGap is returned by Read if the next message to arrive is not the next one of the log. Reading again helps, unless
	// messages have been removed from the middle of the log.
	ErrGap = errors.New("stream: a message is missing from the feed")
	// ErrStalled is returned by Read if the feed has fallen silent.
	ErrStalled = errors.New("stream: the feed has fallen silent")
	// ErrDisconnected is returned if there is no connection to a server, or if it was lost.
	ErrDisconnected = errors.New("stream: not connected to a server")
	// ErrNoResponders means that no server took the message: the log has no leader at the moment.
	ErrNoResponders = errors.New("stream: no server is responsible for the log at the moment")
	// ErrTooLarge means that the message is larger than the server accepts.
	ErrTooLarge = errors.New("stream: the message is too large")
	// ErrLimit means that the log, or what its server may store, is full.
	ErrLimit = errors.New("stream: the log is full")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("stream: the log has been closed")
	// ErrSnapshotExists is returned by Save if there is a snapshot of that name.
	ErrSnapshotExists = errors.New("stream: a snapshot of that name exists")
	// ErrNoSnapshot is returned if there is no snapshot of that name.
	ErrNoSnapshot = errors.New("stream: no snapshot of that name")
	// ErrCorrupt is returned by the reader of a snapshot at its end if what was read is not what was saved.
	ErrCorrupt = errors.New("stream: the snapshot is corrupt")
)

// A Message is one message of the log.
type Message struct {
	Seq  uint64
	Time int64  // the server's timestamp, Unix ns
	Data []byte // the handler may keep it
}

// Info describes a log.
type Info struct {
	ID          string // random, made when the log was created
	Created     int64  // Unix ns
	Settings    map[string]string
	First, Last uint64 // an empty log has First = Last+1
}

// A Handler receives what Read delivers. Its methods are not called concurrently.
type Handler interface {
	// Deliver receives the next message. An error ends Read, which returns it.
	Deliver(Message) error
	// Alive is called when the feed is established, and then with each heartbeat: about twice a second while there is nothing
	// to deliver. last is the log's last sequence as far as it is known.
	Alive(last uint64)
}

// A Log is an ordered sequence of messages.
type Log interface {
	// Info returns the state of the log, as its leader knows it.
	Info(ctx context.Context) (Info, error)
	// Append asks the log to append data and does not wait. It does not retain data. rejected is called, once and on any
	// goroutine, if the log replied that it did not store the message; no call means nothing. The returned error means that
	// nothing was sent.
	Append(data []byte, rejected func(error)) error
	// Read delivers the messages from sequence from on, each exactly once, in order, without gaps, until ctx ends, the handler
	// returns an error, or the feed fails. It does not retry: the caller does, from its last applied message, which is
	// delivered again first (the overlap check is the caller's). from must exist, or be 1 in an empty log.
	Read(ctx context.Context, from uint64, h Handler) error
	// Trim removes the messages below the given sequence, but never the last one.
	Trim(ctx context.Context, below uint64) error
	// MaxMessage returns the size of the largest message, in bytes.
	MaxMessage() int
	// Snapshots returns where the snapshots of this log are kept.
	Snapshots() Snapshots
	// Close ends all calls and returns when nothing of the log runs any longer. What has been appended stays. A handler must
	// not call it.
	Close() error
}

// Snapshots keeps the snapshots of a log. Names are unique: no snapshot is ever overwritten.
type Snapshots interface {
	// Save stores what r returns until io.EOF. What is listed is complete.
	Save(ctx context.Context, name string, r io.Reader) error
	// List returns the names of all snapshots, sorted.
	List(ctx context.Context) ([]string, error)
	// Open returns the content of a snapshot. ctx also ends the reading. A reader that reaches io.EOF has read all that was
	// saved; whatever else happened is an error.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	// Delete removes a snapshot. Deleting one that does not exist is not an error.
	Delete(ctx context.Context, name string) error
}
