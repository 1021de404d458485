package replicated

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare/linear"
)

type entry = lastmodstore.Entry[int]

// A linearNode is a node whose reads call Sync first, so that they are linearizable. It
// can be replaced by a new one while it is in use.
type linearNode struct {
	lastmodstore.Store[string, int] // the methods that histories do not use: nil

	ctx context.Context
	mu  sync.RWMutex // guards node; held while it is read from
	now *Store[string, int]
}

// node returns the current node.
func (n *linearNode) node() *Store[string, int] {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.now
}

// read calls f with a node that can be read, after a Sync.
func (n *linearNode) read(f func(s *Store[string, int])) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	for err := n.now.Sync(n.ctx); err != nil && n.ctx.Err() == nil && !errors.Is(err, ErrDiverged); {
		err = n.now.Sync(n.ctx)
	}
	f(n.now)
}

// replace has calls use next from now on, and crashes the current node: what it has
// sent gets no result.
func (n *linearNode) replace(next *Store[string, int]) error {
	n.mu.Lock()
	last := n.now
	n.now = next
	n.mu.Unlock()
	last.cancel()
	return last.Close()
}

// effectOf returns what a call that returned err has done.
func effectOf(err error) linear.Effect {
	switch {
	case errors.Is(err, ErrUncertain):
		return linear.Unknown
	case errors.Is(err, ErrUnavailable), errors.Is(err, lastmodstore.ErrClosed):
		return linear.Nothing
	}
	return linear.Done
}

func (n *linearNode) Get(key string) (v int, ok bool) {
	n.read(func(s *Store[string, int]) { v, ok = s.Get(key) })
	return v, ok
}

func (n *linearNode) GetEntry(key string) (e entry, ok bool) {
	n.read(func(s *Store[string, int]) { e, ok = s.GetEntry(key) })
	return e, ok
}

func (n *linearNode) GetMany(keys []string) (all map[string]entry) {
	n.read(func(s *Store[string, int]) { all = s.GetMany(keys) })
	return all
}

func (n *linearNode) Done() <-chan struct{} { return n.ctx.Done() }

// Close leaves the node open: it is compared with others after the history.
func (n *linearNode) Close() error { return nil }

func (n *linearNode) Set(key string, value int, ttl time.Duration) error {
	return n.node().Set(key, value, ttl)
}

func (n *linearNode) SetMany(values map[string]int, ttl time.Duration) error {
	return n.node().SetMany(values, ttl)
}

func (n *linearNode) SetIfUnmodifiedSince(key string, value int, ttl time.Duration, t time.Time) (entry, bool, error) {
	return n.node().SetIfUnmodifiedSince(key, value, ttl, t)
}

func (n *linearNode) Add(key string, delta int, ttl time.Duration) (entry, error) {
	return n.node().Add(key, delta, ttl)
}

func (n *linearNode) Touch(key string, ttl time.Duration) (bool, error) {
	return n.node().Touch(key, ttl)
}

func (n *linearNode) Delete(key string) (bool, error) { return n.node().Delete(key) }

func (n *linearNode) GetAndDelete(key string) (entry, bool, error) { return n.node().GetAndDelete(key) }

func (n *linearNode) DeleteIfUnmodifiedSince(key string, t time.Time) (bool, error) {
	return n.node().DeleteIfUnmodifiedSince(key, t)
}

func (n *linearNode) Cleanup() int { return n.node().Cleanup() }

func (n *linearNode) Clear() error { return n.node().Clear() }
