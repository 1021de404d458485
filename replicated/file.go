package replicated

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore/replicated/internal/codec"
	"github.com/lastmodstore/lastmodstore/replicated/internal/replica"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// SnapshotFile keeps a snapshot of this node in a file: it is written after each
// SaveEvery messages of the log, and by Close. The next Open continues from there. If
// the log cannot be reached, Open then returns a node that serves reads from the file,
// which [Store.Health] shows as stale, and that joins the log as soon as it can.
func SnapshotFile(path string) Option { return func(o *options) { o.file = path } }

// openFromFile opens a node without a log, of which create failed with why.
func openFromFile[K comparable, V any](create func(context.Context) (stream.Log, error), o options, why error) (*Store[K, V], error) {
	keys, values := codec.ForKeys[K](o.keys), codec.ForValues[V](o.values)
	r := newReplica[K, V](o, keys, values, stream.Info{})
	snapshot, err := readSnapshotFile(r, o.file)
	if err != nil {
		r.Store.Close()
		return nil, fmt.Errorf("%w, and no snapshot to read from: %w", why, err)
	}
	r.LogID = snapshot.LogID
	r.Restore(snapshot)
	s := newStore(o, keys, values, &lateLog{create: create, id: snapshot.LogID, settings: o.settings(keys.Name, values.Name)}, r)
	s.status.startStale(snapshot.Position.Seq, why)
	s.start()
	return s, nil
}

func readSnapshotFile[K comparable, V any](r *replica.Replica[K, V], path string) (*replica.Snapshot[K, V], error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	snapshot, err := r.Read(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return snapshot, nil
}

// restoreFile restores r from the snapshot file if that is of this log, and if the log
// still holds what follows. Otherwise r stays as it is: the log has all that it needs.
func restoreFile[K comparable, V any](ctx context.Context, r *replica.Replica[K, V], path string, log stream.Log, info stream.Info) {
	if path == "" {
		return
	}
	snapshot, err := readSnapshotFile(r, path)
	if err == nil && snapshot.LogID == info.ID && holds(ctx, log, snapshot.Position) {
		r.Restore(snapshot)
	}
}

// holds reports whether log holds the message at a position, and not another one in its
// place, as after a loss of data.
func holds(ctx context.Context, log stream.Log, at replica.Position) bool {
	h := &firstMessage{}
	return errors.Is(log.Read(ctx, at.Seq, h), errFound) && replica.PositionOf(h.message) == at
}

// A firstMessage is a handler that keeps the first message and ends the reading.
type firstMessage struct{ message stream.Message }

var errFound = errors.New("found")

func (h *firstMessage) Alive(uint64) {}

func (h *firstMessage) Deliver(m stream.Message) error {
	h.message = m
	return errFound
}

// fileAtEnd writes the snapshot file of a node whose goroutines have ended. A node that
// has diverged must not continue from its state.
func (s *Store[K, V]) fileAtEnd() {
	seq := s.replica.Position().Seq
	if s.options.file != "" && seq > 0 && !errors.Is(s.Health().Err, ErrDiverged) {
		s.status.saved(seq, s.writeSnapshotFile(s.replica.Snapshot()))
	}
}

// writeSnapshotFile replaces the snapshot file as a whole.
func (s *Store[K, V]) writeSnapshotFile(snapshot *replica.Snapshot[K, V]) error {
	f, err := os.CreateTemp(filepath.Dir(s.options.file), filepath.Base(s.options.file)+".*")
	if err != nil {
		return err
	}
	err = s.replica.Write(f, snapshot)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), s.options.file)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// A lateLog is a log that could not be reached when the node was opened. The goroutine
// of the feed reaches it.
type lateLog struct {
	create   func(context.Context) (stream.Log, error)
	id       string // of the log that the node has followed before
	settings map[string]string

	mu  sync.Mutex // guards log
	log stream.Log // nil: not reached yet
}

func (l *lateLog) get() stream.Log {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.log
}

// reach returns the log, which must be the one that the node has followed before.
func (l *lateLog) reach(ctx context.Context) (stream.Log, error) {
	if log := l.get(); log != nil {
		return log, nil
	}
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	log, err := l.create(ctx)
	if err != nil {
		return nil, err
	}
	info, err := log.Info(ctx)
	if err == nil {
		err = checkSettings(l.settings, info.Settings)
	}
	if err == nil && info.ID != l.id {
		err = stream.ErrGone
	}
	if err != nil {
		log.Close()
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.log = log
	return log, nil
}

// Info implements [stream.Log].
func (l *lateLog) Info(ctx context.Context) (stream.Info, error) {
	log, err := l.reach(ctx)
	if err != nil {
		return stream.Info{}, err
	}
	return log.Info(ctx)
}

// Append implements [stream.Log].
func (l *lateLog) Append(data []byte, rejected func(error)) error {
	if log := l.get(); log != nil {
		return log.Append(data, rejected)
	}
	return stream.ErrDisconnected
}

// Read implements [stream.Log].
func (l *lateLog) Read(ctx context.Context, from uint64, h stream.Handler) error {
	log, err := l.reach(ctx)
	if err != nil {
		return err
	}
	return log.Read(ctx, from, h)
}

// Trim implements [stream.Log].
func (l *lateLog) Trim(ctx context.Context, below uint64) error {
	log, err := l.reach(ctx)
	if err != nil {
		return err
	}
	return log.Trim(ctx, below)
}

// MaxMessage implements [stream.Log]. Until the log is reached nothing can be sent.
func (l *lateLog) MaxMessage() int {
	if log := l.get(); log != nil {
		return log.MaxMessage()
	}
	return defaultMaxMessage
}

// Snapshots implements [stream.Log]. The snapshots are asked for after a Read.
func (l *lateLog) Snapshots() stream.Snapshots { return l.get().Snapshots() }

// Close implements [stream.Log].
func (l *lateLog) Close() error {
	if log := l.get(); log != nil {
		return log.Close()
	}
	return nil
}

const (
	reachTime         = 5 * time.Second // of one attempt to reach the log
	defaultMaxMessage = 1 << 20         // what NATS servers accept unless configured otherwise
)
