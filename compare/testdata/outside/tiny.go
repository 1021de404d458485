// Package tiny is a store behind one mutex, which implements a part of the contract.
package tiny

import (
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

type entry = lastmodstore.Entry[int]

type Store struct {
	lastmodstore.Store[string, int] // nil: methods that are missing below panic

	mu   sync.Mutex       // guards m and last
	m    map[string]entry // nil when closed
	last time.Time        // the latest LastModified
	done chan struct{}
}

func New(interval time.Duration, opts ...lastmodstore.Option) lastmodstore.Store[string, int] {
	if interval < 0 || lastmodstore.ApplyOptions(opts...).MaxEntries > 0 {
		panic("tiny: a negative cleanup interval, or a capacity")
	}
	return &Store{m: map[string]entry{}, done: make(chan struct{})}
}

// do has f change the entry of key, which is zero if it is absent, or make it zero.
func (s *Store) do(key string, f func(e *entry, now time.Time)) (before entry, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, now := s.m[key], time.Now().Round(0)
	if expired(e, now) {
		e = entry{}
	}
	before = e
	if f(&e, now); s.m == nil {
		return before, lastmodstore.ErrClosed
	}
	if e == (entry{}) {
		delete(s.m, key)
	} else {
		s.m[key] = e
	}
	return before, nil
}

func expired(e entry, now time.Time) bool { return !e.ExpiresAt.IsZero() && !now.Before(e.ExpiresAt) }

func expire(e *entry, ttl time.Duration, now time.Time) {
	if ttl != lastmodstore.KeepTTL {
		e.TTL, e.ExpiresAt = ttl, now.Add(ttl)
	}
	if e.TTL == lastmodstore.NoExpiry {
		e.ExpiresAt = time.Time{}
	}
}

func (s *Store) Set(key string, value int, ttl time.Duration) error {
	_, err := s.do(key, func(e *entry, now time.Time) {
		if s.last = s.last.Add(1); now.After(s.last) {
			s.last = now
		}
		e.Value, e.LastModified = value, s.last
		expire(e, ttl, now)
	})
	return err
}

func (s *Store) Touch(key string, ttl time.Duration) (bool, error) {
	before, err := s.do(key, func(e *entry, now time.Time) {
		if !e.LastModified.IsZero() {
			expire(e, ttl, now)
		}
	})
	return before != entry{}, err
}

func (s *Store) Delete(key string) (bool, error) {
	before, err := s.do(key, func(e *entry, _ time.Time) { *e = entry{} })
	return before != entry{}, err
}

func (s *Store) GetEntry(key string) (entry, bool) {
	e, _ := s.do(key, func(*entry, time.Time) {})
	return e, e != entry{}
}

func (s *Store) Get(key string) (int, bool) { e, ok := s.GetEntry(key); return e.Value, ok }

func (s *Store) GetLastModified(key string) (time.Time, bool) {
	e, ok := s.GetEntry(key)
	return e.LastModified, ok
}

func (s *Store) All() iter.Seq2[string, entry] {
	return func(yield func(string, entry) bool) {
		var keys []string
		s.locked(func() { keys = slices.Collect(maps.Keys(s.m)) })
		for _, key := range keys {
			if e, ok := s.GetEntry(key); ok && !yield(key, e) {
				return
			}
		}
	}
}

func (s *Store) locked(f func()) { s.mu.Lock(); defer s.mu.Unlock(); f() }

func (s *Store) Len() (n int) { s.locked(func() { n = len(s.m) }); return n }

func (s *Store) Done() <-chan struct{} { return s.done }

func (s *Store) Cleanup() (removed int) {
	s.locked(func() {
		removed = len(s.m)
		now := time.Now()
		maps.DeleteFunc(s.m, func(_ string, e entry) bool { return expired(e, now) })
		removed -= len(s.m)
	})
	return removed
}

func (s *Store) Clear() (err error) {
	s.locked(func() {
		if err = lastmodstore.ErrClosed; s.m != nil {
			s.m, err = map[string]entry{}, nil
		}
	})
	return err
}

func (s *Store) Close() error {
	s.locked(func() {
		if s.m != nil {
			s.m = nil
			close(s.done)
		}
	})
	return nil
}
