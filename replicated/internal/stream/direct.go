// The goroutine that calls Read runs this file.

package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A directConsumer is what mirrors of streams read with: the stream's leader itself creates it and keeps nothing of it. Any other
// consumer is created by the leader of JetStream, on any server that has the stream: reading would not begin before a new one was
// elected if that leader dies, and end when that server does.
type directConsumer struct {
	Stream string       `json:"stream_name"`
	Config directConfig `json:"config"`
}

type directConfig struct {
	jetstream.ConsumerConfig
	Direct bool `json:"direct"`
}

// createDirect creates a direct consumer of the stream.
func (l *jetLog) createDirect(ctx context.Context, config jetstream.ConsumerConfig) error {
	request, err := json.Marshal(directConsumer{l.stream, directConfig{config, true}})
	if err != nil {
		return err
	}
	subject := fmt.Sprintf("%s.CONSUMER.CREATE.%s.%s", apiPrefix(l.js.Options()), l.stream, config.Name)
	response, err := l.nc.RequestWithContext(ctx, subject, request)
	if errors.Is(err, nats.ErrNoResponders) {
		return fmt.Errorf("%w: %w", ErrNoResponders, err)
	}
	if err != nil {
		return err
	}
	var outcome struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(response.Data, &outcome); err != nil {
		return fmt.Errorf("the response is not JSON: %w", err)
	}
	if outcome.Error != nil {
		return outcome.Error
	}
	return nil
}

// apiPrefix returns what the subjects of requests to JetStream begin with.
func apiPrefix(o jetstream.JetStreamOptions) string {
	switch {
	case o.Domain != "":
		return "$JS." + o.Domain + ".API"
	case o.APIPrefix != "":
		return strings.TrimSuffix(o.APIPrefix, ".")
	}
	return strings.TrimSuffix(jetstream.DefaultAPIPrefix, ".")
}
