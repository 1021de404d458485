package stream

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/nats-io/nats.go/jetstream"
)

// describe returns the description of a snapshot, or ErrNoSnapshot.
func (s *snapshots) describe(ctx context.Context, bucket jetstream.Stream, name string) (jetstream.ObjectInfo, error) {
	info, err := s.read(ctx, bucket, s.metaSubject(s.object(name)))
	if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && info.Deleted {
		return info, fmt.Errorf("%w: %s", ErrNoSnapshot, name)
	}
	if err != nil {
		return info, fmt.Errorf("stream: looking up the snapshot %s: %w", name, err)
	}
	return info, nil
}

// read returns the description of an object.
func (s *snapshots) read(ctx context.Context, bucket jetstream.Stream, metaSubject string) (info jetstream.ObjectInfo, err error) {
	err = persist(ctx, func(ctx context.Context) error {
		m, err := getMessage(ctx, bucket, metaSubject, 1)
		if err == nil {
			err = json.Unmarshal(m.Data, &info)
		}
		return err
	})
	return info, err
}

// getMessage returns the first message of a subject from a sequence on. Any replica may respond, and one that lags does not know
// every message yet, so that a message is missing is confirmed.
func getMessage(ctx context.Context, bucket jetstream.Stream, subject string, from uint64) (*jetstream.RawStreamMsg, error) {
	for attempt := 1; ; attempt++ {
		m, err := bucket.GetMsg(ctx, from, jetstream.WithGetMsgSubject(subject))
		if !errors.Is(err, jetstream.ErrMsgNotFound) || attempt == missingAttempts {
			return m, err
		}
		if err := pause(ctx, chunkPause/5); err != nil {
			return nil, err
		}
	}
}

const missingAttempts = 4

// snapshotReader reads one object, chunk by chunk. Each is a request of its own: nothing is left on the server if it is not
// closed, and a change of leaders costs a retry.
type snapshotReader struct {
	ctx     context.Context
	cancel  context.CancelFunc
	bucket  jetstream.Stream
	subject string
	info    jetstream.ObjectInfo

	next   uint64 // where the next chunk is, at the earliest
	chunks uint32
	rest   []byte // of the current chunk
	digest hash.Hash
	err    error
}

func newSnapshotReader(ctx context.Context, bucket jetstream.Stream, subject string, info jetstream.ObjectInfo) *snapshotReader {
	r := &snapshotReader{bucket: bucket, subject: subject, info: info, next: 1, digest: sha256.New()}
	r.ctx, r.cancel = context.WithCancel(ctx)
	return r
}

// Read implements [io.Reader].
func (r *snapshotReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 && r.err == nil {
		r.err = r.fetch()
	}
	if len(r.rest) == 0 {
		return 0, r.err
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Close implements [io.Closer]. Reading fails afterwards.
func (r *snapshotReader) Close() error {
	r.cancel()
	return nil
}

// fetch reads the next chunk, or returns io.EOF if all have been read.
func (r *snapshotReader) fetch() error {
	if r.chunks == r.info.Chunks {
		if formatDigest(r.digest) != r.info.Digest {
			return ErrCorrupt
		}
		return io.EOF
	}
	var m *jetstream.RawStreamMsg
	err := outlast(r.ctx, func(ctx context.Context) (err error) {
		m, err = getMessage(ctx, r.bucket, r.subject, r.next)
		return err
	})
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("%w: chunk %d of %d is missing", ErrCorrupt, r.chunks+1, r.info.Chunks)
	}
	if err != nil {
		return fmt.Errorf("stream: reading a snapshot: %w", err)
	}
	r.digest.Write(m.Data)
	r.rest, r.next = m.Data, m.Sequence+1
	r.chunks++
	return nil
}
