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
	return s.log.lookup(ctx, bucketPrefix+s.bucket)
}

// create returns the stream behind the bucket, creating the bucket if there is none. Several nodes may do so at once.
func (s *snapshots) create(ctx context.Context) (jetstream.Stream, error) {
	bucket, err := s.stream(ctx)
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return bucket, err
	}
	config := jetstream.ObjectStoreConfig{
		Bucket:      s.bucket,
		Description: "The snapshots of a replicated lastmodstore.",
		Storage:     s.storage,
		Replicas:    s.replicas,
	}
	err = persist(ctx, func(ctx context.Context) error { _, err := s.log.js.CreateObjectStore(ctx, config); return err })
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
	var subjects map[string]uint64
	if err == nil {
		subjects, _, err = listSubjects(ctx, bucket, s.metaSubject("")+">")
	}
	if err != nil {
		return nil, fmt.Errorf("stream: listing snapshots: %w", err)
	}
	var names []string
	for subject := range subjects {
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

// listSubjects returns the subjects in a bucket that match the filter, and the server's time.
func listSubjects(ctx context.Context, bucket jetstream.Stream, filter string) (subjects map[string]uint64, now time.Time, err error) {
	err = persist(ctx, func(ctx context.Context) error {
		info, err := bucket.Info(ctx, jetstream.WithSubjectFilter(filter))
		if err == nil {
			subjects, now = info.State.Subjects, info.TimeStamp
		}
		return err
	})
	return subjects, now, err
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
		err = purge(ctx, bucket, jetstream.WithPurgeSubject(s.metaSubject(s.object(name))))
	}
	if err == nil {
		err = purge(ctx, bucket, jetstream.WithPurgeSubject(s.chunkSubject(info.NUID)))
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
