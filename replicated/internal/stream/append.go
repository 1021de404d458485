package stream

import (
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
)

// Append implements [Log]. It refuses to send while there is no connection: the client would keep the message and send it when
// the caller may have long given up. A connection that breaks during the call can still do that.
func (l *jetLog) Append(data []byte, rejected func(error)) error {
	select {
	case <-l.closing:
		return ErrClosed
	default:
	}
	if !l.nc.IsConnected() {
		return ErrDisconnected
	}
	if len(data) > l.MaxMessage() {
		return ErrTooLarge
	}
	if rejected == nil {
		return sendError(l.nc.Publish(l.subject, data))
	}
	reply := l.replies.expect(rejected)
	err := l.nc.PublishRequest(l.subject, reply, data)
	if err != nil {
		l.replies.take(reply)
	}
	return sendError(err)
}

// sendError returns the error of this package for an error of the client.
func sendError(err error) error {
	switch {
	case errors.Is(err, nats.ErrMaxPayload):
		return ErrTooLarge
	case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrConnectionReconnecting), errors.Is(err, nats.ErrReconnectBufExceeded):
		return fmt.Errorf("%w: %w", ErrDisconnected, err)
	}
	return err
}
