package stream

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	chunkSize = 128 << 10 // as the object store's own client
	// A chunk is sent, or asked for, again if there is no response: for longer than an election takes.
	chunkPatience = 20 * time.Second
	chunkTimeout  = 3 * time.Second
	chunkPause    = 250 * time.Millisecond
	// cleanupTimeout bounds the removal of what a failed save has stored.
	cleanupTimeout = 2 * time.Second
)

// Save implements [Snapshots]. Chunks are acknowledged one by one, so saving does not crowd out what else uses the connection.
func (s *snapshots) Save(ctx context.Context, name string, r io.Reader) error {
	bucket, err := s.create(ctx)
	if err == nil {
		err = s.save(ctx, bucket, name, r)
	}
	if errors.Is(err, ErrSnapshotExists) {
		return err
	}
	if err != nil {
		return fmt.Errorf("stream: saving the snapshot %s: %w", name, err)
	}
	return nil
}

func (s *snapshots) save(ctx context.Context, bucket jetstream.Stream, name string, r io.Reader) error {
	w := newSnapshotWriter(s)
	err := w.copy(ctx, r)
	if err != nil {
		w.discard(bucket)
		return err
	}
	if err := w.describe(ctx, bucket, name); err != nil {
		return err
	}
	_ = s.sweep(ctx, bucket, abandonedAfter) // the next save tries again
	return nil
}

// snapshotWriter stores one object.
type snapshotWriter struct {
	snapshots *snapshots
	id        string
	digest    hash.Hash
	size      uint64
	chunks    uint32
}

func newSnapshotWriter(s *snapshots) *snapshotWriter {
	return &snapshotWriter{snapshots: s, id: rand.Text(), digest: sha256.New()}
}

func (w *snapshotWriter) copy(ctx context.Context, r io.Reader) error {
	buffer := make([]byte, min(chunkSize, max(w.snapshots.log.MaxMessage()/2, 1))) // the header counts, too
	for {
		n, err := io.ReadFull(r, buffer)
		if n > 0 {
			if err := w.chunk(ctx, buffer[:n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF, err == io.ErrUnexpectedEOF:
			return nil
		case err != nil:
			return err
		}
	}
}

func (w *snapshotWriter) chunk(ctx context.Context, data []byte) error {
	w.digest.Write(data)
	w.size += uint64(len(data))
	w.chunks++
	m := nats.NewMsg(w.snapshots.chunkSubject(w.id))
	m.Data = data
	return w.publish(ctx, m, strconv.FormatUint(uint64(w.chunks), 10))
}

// describe completes the object. It does not replace one of the same name that has been saved meanwhile. If it fails because
// nobody responds, the description may still be stored, so the chunks stay; a later save removes them if they are not needed.
func (w *snapshotWriter) describe(ctx context.Context, bucket jetstream.Stream, name string) error {
	object := w.snapshots.object(name)
	data, err := json.Marshal(jetstream.ObjectInfo{
		ObjectMeta: jetstream.ObjectMeta{Name: object, Opts: &jetstream.ObjectMetaOptions{ChunkSize: chunkSize}},
		Bucket:     w.snapshots.bucket,
		NUID:       w.id,
		Size:       w.size,
		Chunks:     w.chunks,
		Digest:     formatDigest(w.digest),
	})
	if err != nil {
		return err
	}
	m := nats.NewMsg(w.snapshots.metaSubject(object))
	m.Header.Set(jetstream.ExpectedLastSubjSeqHeader, "0")
	m.Data = data
	err = w.publish(ctx, m, "meta")
	if !isTaken(err) {
		return err
	}
	if present, err := w.snapshots.describe(ctx, bucket, name); err != nil || present.NUID == w.id {
		return err // an earlier attempt has stored it
	}
	w.discard(bucket)
	return fmt.Errorf("%w: %s", ErrSnapshotExists, name)
}

// isTaken reports whether the server has refused a message because its subject has one already.
func isTaken(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) &&
		(api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// publish stores m once: the server recognizes the ID of a message that it has stored already.
func (w *snapshotWriter) publish(ctx context.Context, m *nats.Msg, number string) error {
	m.Header.Set(jetstream.MsgIDHeader, w.id+"-"+number)
	return outlast(ctx, func(ctx context.Context) error {
		select {
		case <-w.snapshots.log.closing:
			return ErrClosed
		default:
		}
		_, err := w.snapshots.log.js.PublishMsg(ctx, m)
		return err
	})
}

// outlast calls f until it returns something other than that there was no response, for as long as an election may take.
func outlast(ctx context.Context, f func(context.Context) error) error {
	began := time.Now()
	for {
		each, cancel := context.WithTimeout(ctx, chunkTimeout)
		err := f(each)
		cancel()
		if err == nil || ctx.Err() != nil || time.Since(began) > chunkPatience || !passes(err) {
			return err
		}
		if err := pause(ctx, chunkPause); err != nil {
			return err
		}
	}
}

// passes reports whether an error can be expected to pass: nobody has responded.
func passes(err error) bool {
	return errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, nats.ErrTimeout) ||
		errors.Is(err, context.DeadlineExceeded)
}

// discard removes the chunks of an object that was not completed. If that fails, a later save does it.
func (w *snapshotWriter) discard(bucket jetstream.Stream) {
	if !w.snapshots.log.nc.IsConnected() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
	defer cancel()
	_ = bucket.Purge(ctx, jetstream.WithPurgeSubject(w.snapshots.chunkSubject(w.id)))
}

func formatDigest(h hash.Hash) string {
	return "SHA-256=" + base64.URLEncoding.EncodeToString(h.Sum(nil))
}
