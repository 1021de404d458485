// Package limiterstore counts the requests of [limiter] in a [lastmodstore.Store]. The
// nodes of a replicated one count together.
//
// Counting is exact under concurrency. The first count opens a window, and later ones do
// not extend it. A changed limit applies at once, a changed period to the next window.
//
// Writes return the errors of the lastmodstore.Store; after ErrUncertain, from a
// replicated one, the request may have been counted. Peek returns ErrClosed for a closed
// store. A context that ended before the call began gets its own error, and nothing is
// changed; a write that has begun is not interrupted.
//
// All methods are safe for concurrent use. A store with MaxEntries forgets counts when it
// evicts, unless it has RejectWhenFull.
package limiterstore

import (
	"context"
	"errors"
	"time"

	"github.com/ulule/limiter/v3"
	"github.com/ulule/limiter/v3/drivers/store/common"

	"github.com/lastmodstore/lastmodstore"
)

// ErrPeriod means that the window of a rate would never close.
var ErrPeriod = errors.New("limiterstore: the period of a rate must be positive")

// A Store is a [limiter.Store].
type Store struct {
	counters lastmodstore.Store[string, int64]
	prefix   string
}

var _ limiter.Store = (*Store)(nil)

// New returns a store that keeps its counters in s, under prefix, a colon and the key.
// Limiters whose rates differ need different prefixes. Closing s is up to the caller.
func New(s lastmodstore.Store[string, int64], prefix string) *Store {
	return &Store{counters: s, prefix: prefix + ":"}
}

// Get counts one request and returns the state of its window.
func (s *Store) Get(ctx context.Context, key string, rate limiter.Rate) (limiter.Context, error) {
	return s.Increment(ctx, key, 1, rate)
}

// Increment counts that many requests, or takes them back if count is negative, and
// returns the state of their window. The sum wraps around as an int64 does.
func (s *Store) Increment(ctx context.Context, key string, count int64, rate limiter.Rate) (limiter.Context, error) {
	if err := check(ctx, rate); err != nil {
		return limiter.Context{}, err
	}
	e, err := s.counters.Add(s.prefix+key, count, rate.Period)
	return state(rate, e, err)
}

// Peek returns the state of the window, as far as this node knows it, without counting.
func (s *Store) Peek(ctx context.Context, key string, rate limiter.Rate) (limiter.Context, error) {
	if err := check(ctx, rate); err != nil {
		return limiter.Context{}, err
	}
	e, _ := s.counters.GetEntry(s.prefix + key)
	select {
	case <-s.counters.Done():
		return state(rate, e, lastmodstore.ErrClosed)
	default:
		return state(rate, e, nil)
	}
}

// Reset ends the window and returns the state of the next one, which is not open yet.
func (s *Store) Reset(ctx context.Context, key string, rate limiter.Rate) (limiter.Context, error) {
	if err := check(ctx, rate); err != nil {
		return limiter.Context{}, err
	}
	_, err := s.counters.Delete(s.prefix + key)
	return state(rate, lastmodstore.Entry[int64]{}, err)
}

func check(ctx context.Context, rate limiter.Rate) error {
	if rate.Period <= 0 {
		return ErrPeriod
	}
	return ctx.Err()
}

// state returns err or the state of the window of e. If e is zero, the window is not open.
func state(rate limiter.Rate, e lastmodstore.Entry[int64], err error) (limiter.Context, error) {
	if err != nil {
		return limiter.Context{}, err
	}
	now := time.Now()
	if e.ExpiresAt.IsZero() {
		e.ExpiresAt = now.Add(rate.Period)
	}
	return common.GetContextFromState(now, rate, e.ExpiresAt, e.Value), nil
}
