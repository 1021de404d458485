// This file runs on the callers' goroutines.

package replicated

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/replicated/internal/codec"
	"github.com/lastmodstore/lastmodstore/replicated/internal/command"
	"github.com/lastmodstore/lastmodstore/replicated/internal/replica"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// isClosed reports whether the store is closed. While Close is in progress it waits
// until reads see that, too: otherwise a caller would be told that the store is closed
// and could still read from it.
func (s *Store[K, V]) isClosed() bool {
	if !s.closed.Load() {
		return false
	}
	<-s.local.Done()
	return true
}

func (s *Store[K, V]) doKeyValue(c command.Command, key K, value V, ttl time.Duration) (r replica.Result[V], err error) {
	if s.isClosed() {
		return r, lastmodstore.ErrClosed
	}
	if err := s.check(key, ttl); err != nil {
		return r, err
	}
	if c.Value, err = encode(s.values, value); err != nil {
		return r, err
	}
	return s.doChecked(c, key, ttl)
}

func (s *Store[K, V]) doKey(c command.Command, key K, ttl time.Duration) (r replica.Result[V], err error) {
	if s.isClosed() {
		return r, lastmodstore.ErrClosed
	}
	if err := s.check(key, ttl); err != nil {
		return r, err
	}
	return s.doChecked(c, key, ttl)
}

// doChecked is doKey for arguments that have been checked.
func (s *Store[K, V]) doChecked(c command.Command, key K, ttl time.Duration) (r replica.Result[V], err error) {
	c.TTL = int64(ttl)
	if c.Key, err = encode(s.keys, key); err != nil {
		return r, err
	}
	return s.do(&c)
}

// check returns the error of an argument that no node would accept. It panics if key
// is unhashable.
func (s *Store[K, V]) check(key K, ttl time.Duration) error {
	s.replica.Hash(key)
	if key != key { //nolint:staticcheck // true for NaN only
		return lastmodstore.ErrInvalidKey
	}
	return checkTTL(ttl)
}

func checkTTL(ttl time.Duration) error {
	if ttl < 0 && ttl != lastmodstore.KeepTTL {
		return lastmodstore.ErrInvalidTTL
	}
	return nil
}

func encode[T any](c codec.Codec[T], v T) ([]byte, error) {
	err := c.Check(v)
	var data []byte
	if err == nil {
		data, err = c.Encode(v)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCodec, err)
	}
	return data, nil
}

// do sends c and waits for its result, for the time that is set by Timeout.
func (s *Store[K, V]) do(c *command.Command) (r replica.Result[V], err error) {
	if err := s.checkClock(); err != nil {
		return r, err
	}
	return s.doContext(context.Background(), c, s.options.timeout)
}

// measureClock sends a command that changes nothing, which compares the clocks.
func (s *Store[K, V]) measureClock() error {
	_, err := s.doContext(context.Background(), &command.Command{Op: command.Nop}, s.options.timeout)
	return err
}

// unlimited leaves it to a context to end a call.
const unlimited = time.Duration(math.MaxInt64)

// doContext sends c and waits for its result until ctx ends, but no longer than limit.
func (s *Store[K, V]) doContext(ctx context.Context, c *command.Command, limit time.Duration) (r replica.Result[V], err error) {
	if s.isClosed() {
		return r, lastmodstore.ErrClosed
	}
	r, err = s.send(ctx, c, limit)
	s.noteFull(err)
	if err == lastmodstore.ErrClosed {
		s.isClosed()
	}
	return r, err
}

// send is doContext for the goroutines of the store, for which Close waits: it does not
// wait for Close.
func (s *Store[K, V]) send(ctx context.Context, c *command.Command, limit time.Duration) (r replica.Result[V], err error) {
	waiting := s.pipeline.newCall()
	waiting.data = command.Append(waiting.data, c)
	if most := s.log.MaxMessage() - command.MaxHeaderLen; len(waiting.data) > most {
		return r, fmt.Errorf("%w: %d bytes, of at most %d", ErrTooLarge, len(waiting.data), most)
	}
	if err := s.pipeline.submit(waiting); err != nil {
		return r, err
	}
	waiting.timer.Reset(limit)
	var why error
	select {
	case <-waiting.done:
		r, err = waiting.outcome()
		s.pipeline.reuse(waiting)
		return r, err
	case <-waiting.timer.C:
		why = fmt.Errorf("no result in %v", limit)
	case <-ctx.Done():
		why = ctx.Err()
	}
	waiting.timer.Stop()
	if err := s.pipeline.giveUp(waiting, why); err != nil {
		return r, err
	}
	return waiting.outcome()
}

// noteFull makes the node save and trim the log if err says that it is full.
func (s *Store[K, V]) noteFull(err error) {
	if errors.Is(err, stream.ErrLimit) {
		s.saving.wanted.Store(true)
	}
}

// outcome returns the result of the command and its error, if it had one.
func (c *call[V]) outcome() (replica.Result[V], error) {
	if c.err != nil {
		return replica.Result[V]{}, c.err
	}
	return c.result, c.result.Err
}
