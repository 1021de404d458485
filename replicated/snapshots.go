package replicated

import (
	"context"
	crypto "crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore/replicated/internal/command"
	"github.com/lastmodstore/lastmodstore/replicated/internal/replica"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// keptSnapshots is how many snapshots are kept. The log is trimmed to the oldest of
// them, so that a node that is loading the second newest can continue from there.
const keptSnapshots = 2

var errNoSnapshot = errors.New("the log has been trimmed, and there is no snapshot to continue from")

// saving decides when this node saves a snapshot. When one is saved, a command says so
// in the log, and all nodes count from there. Each has a limit of its own, so that
// usually one of them saves.
type saving struct {
	commands  int64 // after so many, or so many bytes
	bytes     int64
	filed     uint64       // position at which the snapshot file was due; for the goroutine of the feed
	active    atomic.Bool  // a save is in progress
	wanted    atomic.Bool  // the log is full
	notBefore atomic.Int64 // after a save that has failed, in Unix nanoseconds
}

// saveAgain is how long a node waits after a save that has failed.
const saveAgain = 10 * time.Second

func (v *saving) start(o *options, position uint64) {
	v.filed = position
	v.commands = int64(o.saveEvery) + rand.Int64N(int64(o.saveEvery)/4+1)
	v.bytes = o.saveBytes() + rand.Int64N(o.saveBytes()/4+1)
}

// isDue reports whether to save now.
func (v *saving) isDue(unsaved replica.Growth) bool {
	return (unsaved.Commands >= v.commands || unsaved.Bytes >= v.bytes || v.wanted.Load()) &&
		time.Now().UnixNano() >= v.notBefore.Load()
}

// fileIfDue starts to write the snapshot file if that is due.
func (s *Store[K, V]) fileIfDue() {
	seq := s.replica.Position().Seq
	if s.options.file == "" || seq < s.saving.filed+uint64(s.options.saveEvery) || !s.saving.active.CompareAndSwap(false, true) {
		return
	}
	s.saving.filed = seq
	s.running.Go(func() {
		defer s.saving.active.Store(false)
		snapshot := s.replica.Snapshot()
		s.status.saved(snapshot.Position.Seq, s.writeSnapshotFile(snapshot))
	})
}

// saveIfDue starts to save the state if that is due. It runs on the goroutine of the
// feed, which continues meanwhile.
func (s *Store[K, V]) saveIfDue() {
	unsaved := s.replica.Unsaved()
	if !s.saving.isDue(unsaved) || !s.saving.active.CompareAndSwap(false, true) {
		return
	}
	if unsaved == (replica.Growth{}) { // the log is full of what the latest snapshot contains
		s.running.Go(func() {
			defer s.saving.active.Store(false)
			s.saving.ended(s.trimToNewest(s.ctx))
		})
		return
	}
	s.running.Go(func() {
		defer s.saving.active.Store(false)
		snapshot := s.replica.Snapshot()
		err := s.save(s.ctx, snapshot)
		s.saving.ended(err)
		s.status.saved(snapshot.Position.Seq, err)
	})
}

// ended notes that the log has been trimmed, or why not.
func (v *saving) ended(err error) {
	if v.wanted.Store(false); err != nil {
		v.notBefore.Store(time.Now().Add(saveAgain).UnixNano())
	}
}

// save writes snapshot, removes what is not needed any more, and tells the other nodes.
func (s *Store[K, V]) save(ctx context.Context, snapshot *replica.Snapshot[K, V]) error {
	in, out := io.Pipe()
	s.running.Go(func() { out.CloseWithError(s.replica.Write(out, snapshot)) })
	err := s.log.Snapshots().Save(ctx, s.snapshotName(snapshot.Position.Seq), in)
	in.CloseWithError(errors.New("the snapshot is not read to its end"))
	if err != nil {
		return err
	}
	names, err := s.snapshotNames(ctx)
	if err != nil {
		return err
	}
	if err := s.trim(ctx, names); err != nil {
		return err
	}
	return s.announce(ctx, snapshot.Position.Seq)
}

// trim removes what is not needed any more if these are the snapshots.
func (s *Store[K, V]) trim(ctx context.Context, names []string) error {
	if len(names) < keptSnapshots {
		return nil
	}
	if err := s.log.Trim(ctx, seqOf(names[keptSnapshots-1])); err != nil {
		return err
	}
	for _, name := range names[keptSnapshots:] {
		if err := s.log.Snapshots().Delete(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// trimToNewest makes room in a log that is full. A node that is loading an older snapshot
// will have to load the newest.
func (s *Store[K, V]) trimToNewest(ctx context.Context) error {
	names, err := s.snapshotNames(ctx)
	if err != nil || len(names) == 0 {
		return err
	}
	return s.log.Trim(ctx, seqOf(names[0]))
}

// announce tells the other nodes of the snapshot at seq. If the log is full, it makes
// room: a node that is loading an older one will have to load this one.
func (s *Store[K, V]) announce(ctx context.Context, seq uint64) error {
	c := &command.Command{Op: command.Saved, Limit: seq}
	_, err := s.send(ctx, c, s.options.timeout)
	if !errors.Is(err, stream.ErrLimit) {
		return err
	}
	if err := s.log.Trim(ctx, seq); err != nil {
		return err
	}
	_, err = s.send(ctx, c, s.options.timeout)
	return err
}

// snapshotName returns a unique name for a snapshot of this log. Names sort by sequence
// number.
func (s *Store[K, V]) snapshotName(seq uint64) string {
	return fmt.Sprintf("%s-%020d-%s", s.replica.LogID, seq, crypto.Text())
}

func seqOf(name string) uint64 {
	parts := strings.Split(name, "-")
	seq, _ := strconv.ParseUint(parts[len(parts)-2], 10, 64) // written by snapshotName
	return seq
}

// snapshotNames returns the names of this log's snapshots, the newest first.
func (s *Store[K, V]) snapshotNames(ctx context.Context) (names []string, err error) {
	all, err := s.log.Snapshots().List(ctx)
	for _, name := range all {
		if strings.HasPrefix(name, s.replica.LogID+"-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	slices.Reverse(names)
	return names, err
}

// restore loads the newest snapshot that can be read and is newer than the replica. It
// runs on the goroutine of the feed.
func (s *Store[K, V]) restore(ctx context.Context) error {
	names, err := s.snapshotNames(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if seqOf(name) <= s.replica.Position().Seq {
			break
		}
		snapshot, readErr := s.readSnapshot(ctx, name)
		if readErr == nil && snapshot.LogID != s.replica.LogID {
			readErr = errors.New("it is of another log")
		}
		if readErr == nil {
			s.replica.Restore(snapshot)
			s.status.restored(snapshot.Position.Seq)
			s.pipeline.restored(s.replica)
			return nil
		}
		err = errors.Join(err, fmt.Errorf("snapshot %s: %w", name, readErr))
	}
	if err != nil {
		return err // it may be possible to read it later
	}
	return errNoSnapshot
}

func (s *Store[K, V]) readSnapshot(ctx context.Context, name string) (*replica.Snapshot[K, V], error) {
	in, err := s.log.Snapshots().Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return s.replica.Read(in)
}
