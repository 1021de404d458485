// This file runs on the callers' goroutines.

package replicated

import (
	"context"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/number"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
	"github.com/lastmodstore/lastmodstore/replicated/internal/command"
)

// Set implements [lastmodstore.Writer]: it stores value under key.
func (s *Store[K, V]) Set(key K, value V, ttl time.Duration) error {
	_, err := s.doKeyValue(command.Command{Op: command.Set}, key, value, ttl)
	return err
}

// SetMany implements [lastmodstore.Writer]: it stores all values or none, on every
// node.
func (s *Store[K, V]) SetMany(values map[K]V, ttl time.Duration) error {
	if s.isClosed() {
		return lastmodstore.ErrClosed
	}
	if err := checkTTL(ttl); err != nil {
		return err
	}
	c := command.Command{Op: command.SetMany, TTL: int64(ttl), Pairs: make([]command.Pair, 0, len(values))}
	for key, value := range values {
		if err := s.check(key, ttl); err != nil {
			return err
		}
		k, err := encode(s.keys, key)
		if err != nil {
			return err
		}
		v, err := encode(s.values, value)
		if err != nil {
			return err
		}
		c.Pairs = append(c.Pairs, command.Pair{Key: k, Value: v})
	}
	_, err := s.do(&c)
	return err
}

// SetIfUnmodifiedSince implements [lastmodstore.Writer]: it stores value if the entry
// of key was last modified at or before t or, with the zero t, if key is absent. It
// returns the entry that is present afterwards and whether that is the new one.
func (s *Store[K, V]) SetIfUnmodifiedSince(key K, value V, ttl time.Duration, t time.Time) (lastmodstore.Entry[V], bool, error) {
	r, err := s.doKeyValue(s.conditional(command.SetUnmodified, t), key, value, ttl)
	return r.Entry, r.OK, err
}

// Add implements [lastmodstore.Writer]: it adds delta to the number stored under key
// and returns the resulting entry. Concurrent additions on all nodes count.
func (s *Store[K, V]) Add(key K, delta V, ttl time.Duration) (lastmodstore.Entry[V], error) {
	if number.Sum[V]() == nil && !s.isClosed() {
		if err := s.check(key, ttl); err != nil {
			return lastmodstore.Entry[V]{}, err
		}
		return lastmodstore.Entry[V]{}, lastmodstore.ErrNotNumber
	}
	r, err := s.doKeyValue(command.Command{Op: command.Add}, key, delta, ttl)
	return r.Entry, err
}

// Touch implements [lastmodstore.Writer]: it gives the entry of key a new deadline
// and reports whether the entry was present.
func (s *Store[K, V]) Touch(key K, ttl time.Duration) (bool, error) {
	r, err := s.doKey(command.Command{Op: command.Touch}, key, ttl)
	return r.OK, err
}

// Delete implements [lastmodstore.Writer]: it removes the entry of key and reports
// whether it was present.
func (s *Store[K, V]) Delete(key K) (bool, error) {
	r, err := s.doKey(command.Command{Op: command.Delete}, key, 0)
	return r.OK, err
}

// GetAndDelete implements [lastmodstore.Writer]: it removes the entry of key and
// returns what it removed.
func (s *Store[K, V]) GetAndDelete(key K) (lastmodstore.Entry[V], bool, error) {
	r, err := s.doKey(command.Command{Op: command.GetAndDelete}, key, 0)
	return r.Entry, r.OK, err
}

// DeleteIfUnmodifiedSince implements [lastmodstore.Writer]: it removes the entry of
// key if it was last modified at or before t, and reports whether it did.
func (s *Store[K, V]) DeleteIfUnmodifiedSince(key K, t time.Time) (bool, error) {
	r, err := s.doKey(s.conditional(command.DeleteUnmodified, t), key, 0)
	return r.OK, err
}

// Merge implements [lastmodstore.Writer]: it stores e as given if it is newer than
// the current entry of key, and reports whether it did.
func (s *Store[K, V]) Merge(key K, e lastmodstore.Entry[V]) (bool, error) {
	c := command.Command{Op: command.Merge, Modified: s.replica.Line.Nanos(e.LastModified), Deadline: timeline.Never}
	if e.ExpiresAt.IsZero() {
		e.TTL = lastmodstore.NoExpiry
	} else {
		c.Deadline = s.replica.Line.Nanos(e.ExpiresAt)
	}
	r, err := s.doKeyValue(c, key, e.Value, e.TTL)
	return r.OK, err
}

// Clear implements [lastmodstore.Writer]: it removes every entry at once.
func (s *Store[K, V]) Clear() error {
	_, err := s.do(&command.Command{Op: command.Clear})
	return err
}

// Cleanup implements [lastmodstore.Writer]: it removes every entry that has expired
// by the log's time, on all nodes, and returns how many it removed. If the log cannot
// be written, it removes none.
func (s *Store[K, V]) Cleanup() (removed int) {
	if s.isClosed() {
		return 0
	}
	return s.sweep(context.Background())
}

// conditional returns a command with the condition "at or before t".
func (s *Store[K, V]) conditional(op command.Op, t time.Time) command.Command {
	if t.IsZero() {
		return command.Command{Op: op, Absent: true}
	}
	return command.Command{Op: op, Since: s.replica.Line.Nanos(t)}
}
