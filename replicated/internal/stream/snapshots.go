package stream

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// snapshots implements [Snapshots] in a bucket of JetStream's object store, which is created by the first Save. Objects are
// written and read chunk by chunk here, each acknowledged before the next, in the format of the object store: its client
// keeps many chunks in flight in a buffer that it reuses, so that a retry can store another chunk's data, and reads through an
// ordered consumer, which is not safe while leaders change.
//
// Names begin with the log's ID: if the log is deleted and created again, the old one's snapshots are not among its own.
type snapshots struct {
	log      *jetLog
	bucket   string
	storage  jetstream.StorageType
	replicas int
}

// bucketPrefix begins the name of the stream behind every bucket.
const bucketPrefix = "OBJ_"

func (s *snapshots) object(name string) string { return s.log.id + "/" + name }

// metaSubject is where the description of an object is stored, chunkSubject where its data is.
func (s *snapshots) metaSubject(object string) string {
	return "$O." + s.bucket + ".M." + base64.URLEncoding.EncodeToString([]byte(object))
}

func (s *snapshots) chunkSubject(id string) string { return "$O." + s.bucket + ".C." + id }

// stream returns the stream behind the bucket.
func (s *snapshots) stream(ctx context.Context) (jetstream.Stream, error) {
	if !s.log.nc.IsConnected() {
		return nil, ErrDisconnected
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return s.log.js.Stream(ctx, bucketPrefix+s.bucket)
}

// create returns the stream behind the bucket, creating the bucket if there is none. Several nodes may do so at once.
func (s *snapshots) create(ctx context.Context) (jetstream.Stream, error) {
	bucket, err := s.stream(ctx)
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return bucket, err
	}
	_, err = s.log.js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{
		Bucket:      s.bucket,
		Description: "The snapshots of a replicated lastmodstore.",
		Storage:     s.storage,
		Replicas:    s.replicas,
	})
	if err != nil && !errors.Is(err, jetstream.ErrBucketExists) {
		return nil, err
	}
	return s.stream(ctx)
}

// List implements [Snapshots].
func (s *snapshots) List(ctx context.Context) ([]string, error) {
	bucket, err := s.stream(ctx)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, nil
	}
	var info *jetstream.StreamInfo
	if err == nil {
		info, err = bucket.Info(ctx, jetstream.WithSubjectFilter(s.metaSubject("")+">"))
	}
	if err != nil {
		return nil, fmt.Errorf("stream: listing snapshots: %w", err)
	}
	var names []string
	for subject := range info.State.Subjects {
		object, err := base64.URLEncoding.DecodeString(subject[strings.LastIndexByte(subject, '.')+1:])
		if err != nil {
			continue // not stored by an object store
		}
		if name, ok := strings.CutPrefix(string(object), s.object("")); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Delete implements [Snapshots]. It leaves no marker behind, as deleting an object does: names are never used again.
func (s *snapshots) Delete(ctx context.Context, name string) error {
	bucket, err := s.stream(ctx)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("stream: deleting the snapshot %s: %w", name, err)
	}
	info, err := s.describe(ctx, bucket, name)
	if errors.Is(err, ErrNoSnapshot) {
		return nil
	}
	if err == nil {
		err = bucket.Purge(ctx, jetstream.WithPurgeSubject(s.metaSubject(s.object(name))))
	}
	if err == nil {
		err = bucket.Purge(ctx, jetstream.WithPurgeSubject(s.chunkSubject(info.NUID)))
	}
	if err != nil {
		return fmt.Errorf("stream: deleting the snapshot %s: %w", name, err)
	}
	return nil
}

// Open implements [Snapshots].
func (s *snapshots) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	bucket, err := s.stream(ctx)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, fmt.Errorf("%w: %s", ErrNoSnapshot, name)
	}
	if err != nil {
		return nil, fmt.Errorf("stream: opening the snapshot %s: %w", name, err)
	}
	info, err := s.describe(ctx, bucket, name)
	if err != nil {
		return nil, err
	}
	return newSnapshotReader(ctx, bucket, s.chunkSubject(info.NUID), info), nil
}

// sweep removes the chunks of snapshots that were never completed, because the node that saved them has died. It leaves what
// may still be in progress.
func (s *snapshots) sweep(ctx context.Context, bucket jetstream.Stream) error {
	info, err := bucket.Info(ctx, jetstream.WithSubjectFilter("$O."+s.bucket+".>"))
	if err != nil {
		return err
	}
	known := make(map[string]bool)
	for subject := range info.State.Subjects {
		if strings.HasPrefix(subject, s.metaSubject("")) {
			meta, err := s.read(ctx, bucket, subject)
			if err != nil {
				return err
			}
			known[s.chunkSubject(meta.NUID)] = true
		}
	}
	for subject := range info.State.Subjects {
		if known[subject] || !strings.HasPrefix(subject, s.chunkSubject("")) {
			continue
		}
		if err := s.purgeAbandoned(ctx, bucket, subject, info.TimeStamp); err != nil {
			return err
		}
	}
	return nil
}

// abandonedAfter is how long after its last chunk an incomplete snapshot is considered abandoned. A save in progress stores one
// chunk after the other, and gives up much sooner.
const abandonedAfter = 5 * time.Minute

func (s *snapshots) purgeAbandoned(ctx context.Context, bucket jetstream.Stream, subject string, now time.Time) error {
	last, err := bucket.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil || now.Sub(last.Time) < abandonedAfter {
		return err
	}
	return bucket.Purge(ctx, jetstream.WithPurgeSubject(subject))
}
