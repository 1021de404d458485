// Package scsstore keeps the sessions of [scs] in a [lastmodstore.Store].
//
// A session is absent from its expiry on. A replicated store keeps it longer by the time
// that the write takes to reach its log, usually milliseconds.
//
// Writes return the errors of the lastmodstore.Store, such as ErrFull. Reads of a closed
// store return ErrClosed, so that it does not look like one in which nobody is logged in.
// A context that ended before the call began gets its own error, and nothing is changed;
// a write that has begun is not interrupted.
//
// All methods are safe for concurrent use. Of several commits of one session the last
// one wins; scs has no condition, so a request that is running when another one destroys
// its session stores it again if it commits. Bytes are copied on the way in and out.
package scsstore

import (
	"bytes"
	"context"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/lastmodstore/lastmodstore"
)

// A Store is a [scs.CtxStore], [scs.IterableStore] and [scs.IterableCtxStore].
type Store struct {
	sessions lastmodstore.Store[string, []byte]
}

var _ scs.CtxStore = (*Store)(nil)

// New returns a session store that keeps its sessions in s, by token. All returns every
// entry of s, so s should hold nothing else. Closing s is up to the caller.
func New(s lastmodstore.Store[string, []byte]) *Store { return &Store{s} }

// Find returns the data of a session and reports whether it was present.
func (s *Store) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit stores a session until expiry, or deletes it if expiry has passed.
func (s *Store) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expiry)
}

// Delete deletes a session if it is present.
func (s *Store) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// All returns the data of all sessions, by token.
func (s *Store) All() (map[string][]byte, error) { return s.AllCtx(context.Background()) }

// FindCtx is Find with a context.
func (s *Store) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	b, found := s.sessions.Get(token)
	if err := s.readError(ctx); err != nil {
		return nil, false, err
	}
	return bytes.Clone(b), found, nil
}

// CommitCtx is Commit with a context.
func (s *Store) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	if !expiry.After(time.Now()) {
		return s.DeleteCtx(ctx, token)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.sessions.Set(token, bytes.Clone(b), lastmodstore.Until(expiry))
}

// DeleteCtx is Delete with a context.
func (s *Store) DeleteCtx(ctx context.Context, token string) error {
	err := ctx.Err()
	if err == nil {
		_, err = s.sessions.Delete(token)
	}
	return err
}

// AllCtx is All with a context.
func (s *Store) AllCtx(ctx context.Context) (map[string][]byte, error) {
	all := map[string][]byte{}
	for token, e := range s.sessions.All() {
		all[token] = bytes.Clone(e.Value)
	}
	return all, s.readError(ctx)
}

func (s *Store) readError(ctx context.Context) error {
	select {
	case <-s.sessions.Done():
		return lastmodstore.ErrClosed
	default:
		return ctx.Err()
	}
}
