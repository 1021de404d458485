package stream

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A Config is what a log is created with.
type Config struct {
	Replicas int                   // 1 (also if 0), 3 or 5
	Storage  jetstream.StorageType // the zero value is file storage
	MaxBytes int64                 // what the log may hold until it is trimmed; 0 means no limit
	Settings map[string]string     // fixed by the first Create
}

// The keys of a log's metadata. The server adds some of its own.
const (
	keyID       = "lastmodstore.id"
	keySettings = "lastmodstore.set."
)

// smallestWindow is the shortest duplicates window that the server accepts. There is no way to turn it off, but without message
// IDs it costs nothing.
const smallestWindow = 100 * time.Millisecond

// streamConfig returns the configuration of the stream behind a log: everything is kept until Trim, and a full stream refuses
// new messages. There are no limits by subject and no ages, because the server then removes messages by itself, and has been
// seen to restore them later.
func (c Config) streamConfig(stream, subject, id string) jetstream.StreamConfig {
	limit := c.MaxBytes
	if limit == 0 {
		limit = -1
	}
	return jetstream.StreamConfig{
		Name:              stream,
		Description:       "The log of a replicated lastmodstore. Purge and delete nothing by hand.",
		Subjects:          []string{subject},
		Retention:         jetstream.LimitsPolicy,
		Discard:           jetstream.DiscardNew,
		MaxBytes:          limit,
		MaxMsgs:           -1,
		MaxMsgsPerSubject: -1,
		MaxMsgSize:        -1,
		MaxConsumers:      -1,
		Storage:           c.Storage,
		Replicas:          max(c.Replicas, 1),
		Duplicates:        smallestWindow,
		Metadata:          c.metadata(id),
	}
}

func (c Config) metadata(id string) map[string]string {
	m := map[string]string{keyID: id}
	for k, v := range c.Settings {
		m[keySettings+k] = v
	}
	return m
}

// settings returns the settings in a stream's metadata.
func settings(metadata map[string]string) map[string]string {
	m := make(map[string]string)
	for k, v := range metadata {
		if name, ok := strings.CutPrefix(k, keySettings); ok {
			m[name] = v
		}
	}
	return m
}

func (c Config) check() error {
	switch c.Replicas {
	case 0, 1, 3, 5:
	default:
		return fmt.Errorf("stream: %d replicas: a log has 1, 3 or 5", c.Replicas)
	}
	if c.MaxBytes < 0 {
		return fmt.Errorf("stream: MaxBytes %d is negative", c.MaxBytes)
	}
	return nil
}

// checkStream returns an error if a stream that exists already cannot be, or can no longer be, a log.
func checkStream(c jetstream.StreamConfig, subject string) error {
	switch {
	case c.Metadata[keyID] == "":
		return fmt.Errorf("stream: the stream %s exists and is not a log of this package", c.Name)
	case len(c.Subjects) != 1 || c.Subjects[0] != subject || c.Mirror != nil || len(c.Sources) > 0 || c.SubjectTransform != nil:
		return fmt.Errorf("stream: the stream %s must receive the subject %s and nothing else", c.Name, subject)
	case c.Retention != jetstream.LimitsPolicy || c.Discard != jetstream.DiscardNew || c.MaxAge != 0 || c.MaxMsgs > 0 || c.MaxMsgsPerSubject > 0:
		return fmt.Errorf("stream: the stream %s has been set to remove messages by itself", c.Name)
	case c.Sealed || c.NoAck || c.DenyPurge:
		return errors.New("stream: the stream " + c.Name + " is sealed, does not acknowledge or cannot be trimmed")
	}
	return nil
}
