// Package replica applies the messages of a log to a store. The state that results
// depends on the messages alone, so it is the same on every node: values, times,
// deadlines, order, removal log and sessions.
package replica

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/seam"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
	"github.com/lastmodstore/lastmodstore/mutexstore"
	"github.com/lastmodstore/lastmodstore/replicated/internal/codec"
	"github.com/lastmodstore/lastmodstore/replicated/internal/command"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// MaxSkew is how far the log's time may run ahead of a writer's clock.
const MaxSkew = time.Minute

var (
	// ErrDiverged is returned for a message that does not continue those applied.
	ErrDiverged = errors.New("the log is not the one that this replica was made from")

	// ErrUndecodable is returned for a message that the replica cannot apply.
	ErrUndecodable = errors.New("the log holds a message that cannot be applied")
)

// A Position identifies a message of a log. The zero Position is in front of the first.
type Position struct {
	Seq  uint64
	Time int64 // of the message, by its server
	Sum  uint32
}

// PositionOf returns the position of m.
func PositionOf(m stream.Message) Position {
	return Position{m.Seq, m.Time, crc32.Checksum(m.Data, castagnoli)}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A Growth is by how much a log has grown.
type Growth struct{ Commands, Bytes int64 }

// messageOverhead is about what a message takes in the log besides its data.
const messageOverhead = 128

// A Replica is the state at one position of the log. One goroutine calls its methods;
// others may call Snapshot, Write, Hash and NextDeadline, and read its Store.
type Replica[K comparable, V any] struct {
	Store *mutexstore.Store[K, V]
	Line  *timeline.Timeline
	LogID string // not changed while other goroutines use the replica

	keys     codec.Codec[K]
	values   codec.Codec[V]
	shard    engine.Replica[K, V]
	mu       sync.Mutex // guards the fields below and the shard against being copied while they change
	position Position
	now      int64  // the time of the latest message
	unsaved  Growth // since the latest snapshot that the log mentions
	sessions sessions[V]
}

// New returns the replica at the beginning of a log of that ID, which was created at the
// given time. The function wall reads this machine's clock, by which reads decide what has expired.
func New[K comparable, V any](keys codec.Codec[K], values codec.Codec[V], logID string, created int64, wall func() int64, opts ...lastmodstore.Option) *Replica[K, V] {
	line := timeline.StartReplayedBy(created, wall)
	opts = append(opts, func(c *config.Config) { c.Line, c.Deterministic = line, true })
	r := &Replica[K, V]{Store: mutexstore.New[K, V](0, opts...), Line: line, LogID: logID, now: created, keys: keys, values: values, sessions: newSessions[V]()}
	shard, _, _ := seam.Shard[K](r.Store)
	r.shard = shard.(engine.Replica[K, V])
	r.shard.OrderKeys(r.compareKeys)
	return r
}

// Position returns the position of the latest message that was applied.
func (r *Replica[K, V]) Position() Position { return r.position }

// Time returns the time of the latest message that was applied.
func (r *Replica[K, V]) Time() int64 { return r.now }

// FollowClock makes reads follow this machine's clock, as after a suspension of the
// machine, if no message does.
func (r *Replica[K, V]) FollowClock() { r.Line.Advance(r.now) }

// Unsaved returns by how much the log has grown since a snapshot was saved, by any node.
func (r *Replica[K, V]) Unsaved() Growth { return r.unsaved }

// HasSession reports whether a session has not expired.
func (r *Replica[K, V]) HasSession(id uint64) bool { return r.sessions.byID[id] != nil }

// NextDeadline returns a time before which no entry expires.
func (r *Replica[K, V]) NextDeadline() int64 { return r.shard.NextDeadline() }

// Hash returns the hash of key. It panics if key is unhashable.
func (r *Replica[K, V]) Hash(key K) uint64 { return r.shard.Hash(key) }

// Applied is what the application of a message yielded.
type Applied[V any] struct {
	Header   command.Header
	Machine  uint64      // on which the writer of the session runs
	Results  []Result[V] // one for each command that was applied
	Repeated bool        // the message had been applied, or given up by its writer
	Unknown  bool        // the session is not known, so nothing was applied
}

// Apply applies m. It does nothing if m is the message applied last.
func (r *Replica[K, V]) Apply(m stream.Message) (a Applied[V], err error) {
	at := PositionOf(m)
	switch {
	case at == r.position:
		a.Repeated = true
		return a, nil
	case m.Seq != r.position.Seq+1:
		return a, fmt.Errorf("%w: message %d is another one than before, or does not follow message %d", ErrDiverged, m.Seq, r.position.Seq)
	}
	h, commands, err := command.ParseHeader(m.Data)
	if err != nil {
		return a, fmt.Errorf("%w: number %d: %w", ErrUndecodable, m.Seq, err)
	}
	all, err := r.decode(commands) // before anything is applied: all of a message, or nothing
	if err != nil {
		return a, fmt.Errorf("%w: number %d: %w", ErrUndecodable, m.Seq, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.advance(m.Time, h.Clock)
	r.unsaved.Bytes += int64(len(m.Data)) + messageOverhead
	if h.Nonce != nil {
		a = Applied[V]{Header: h, Machine: h.Machine}
		r.sessions.add(&session[V]{id: m.Seq, machine: h.Machine, active: r.now, results: map[uint64][]Result[V]{}})
	} else {
		a = r.applyCommands(h, all)
	}
	r.position = at
	return a, nil
}

// advance computes the time of a message: that of the server, but not over a minute
// ahead of its writer's clock, nor before the time of an earlier message. Both clocks
// are in the log, and no single one that is wrong can carry the time away.
func (r *Replica[K, V]) advance(server, writer int64) {
	limit := writer + int64(MaxSkew)
	if limit < writer {
		limit = writer
	}
	r.now = max(r.now, min(server, limit))
	r.Line.Advance(r.now)
	r.sessions.expire(r.now)
}

// compareKeys orders keys by their encodings, which are the same on all nodes.
func (r *Replica[K, V]) compareKeys(a, b K) int {
	x, errX := r.keys.Encode(a)
	y, errY := r.keys.Encode(b)
	if errX != nil || errY != nil {
		panic(fmt.Sprintf("replicated: keys that were decoded cannot be encoded: %v, %v", errX, errY))
	}
	return bytes.Compare(x, y)
}
