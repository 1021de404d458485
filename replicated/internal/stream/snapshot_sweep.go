package stream

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// sweep removes the chunks of snapshots that were never completed, because the node that saved them has died. It leaves those
// that are younger than grace, which may still be in progress.
func (s *snapshots) sweep(ctx context.Context, bucket jetstream.Stream, grace time.Duration) error {
	subjects, now, err := listSubjects(ctx, bucket, "$O."+s.bucket+".>")
	if err != nil {
		return err
	}
	known := make(map[string]bool)
	for subject := range subjects {
		if strings.HasPrefix(subject, s.metaSubject("")) {
			meta, err := s.read(ctx, bucket, subject)
			if err != nil {
				return err
			}
			known[s.chunkSubject(meta.NUID)] = true
		}
	}
	for subject := range subjects {
		if known[subject] || !strings.HasPrefix(subject, s.chunkSubject("")) {
			continue
		}
		if err := s.purgeAbandoned(ctx, bucket, subject, now.Add(-grace)); err != nil {
			return err
		}
	}
	return nil
}

// abandonedAfter is how long after its last chunk an incomplete snapshot is considered abandoned. A save in progress stores one
// chunk after the other, and gives up much sooner.
const abandonedAfter = 5 * time.Minute

// purgeAbandoned removes the chunks of one object if the last of them was stored before the given time.
func (s *snapshots) purgeAbandoned(ctx context.Context, bucket jetstream.Stream, subject string, before time.Time) error {
	last, err := bucket.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil || last.Time.After(before) {
		return err
	}
	return purge(ctx, bucket, jetstream.WithPurgeSubject(subject))
}
