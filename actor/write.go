// This file runs on the callers' goroutines.

package actor

import (
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// Set implements [lastmodstore.Writer]: it stores value under key.
func (s *Store[K, V]) Set(key K, value V, ttl time.Duration) error {
	return s.set(table.Hash(s.seed, key), key, value, ttl)
}

func (s *Store[K, V]) set(h uint64, key K, value V, ttl time.Duration) error {
	weight := s.weigher.Of(key, value)
	r := s.newKeyRequest(opSet, h, key)
	r.value, r.weight, r.ttl = value, weight, ttl
	s.call(r)
	err := r.err
	s.release(r)
	return err
}

// SetMany implements [lastmodstore.Writer]: it stores all values or none, in one
// message.
func (s *Store[K, V]) SetMany(values map[K]V, ttl time.Duration) error {
	all := table.Assignments(s.seed, values)
	s.weigher.OfAll(all)
	r := s.newRequest(opSetMany)
	defer s.release(r)
	r.assignments, r.ttl = all, ttl
	s.call(r)
	return r.err
}

// SetIfUnmodifiedSince implements [lastmodstore.Writer]: it stores value if the entry
// of key was last modified at or before t or, with the zero t, if key is absent. It
// returns the entry that is present afterwards and whether that is the new one.
func (s *Store[K, V]) SetIfUnmodifiedSince(key K, value V, ttl time.Duration, t time.Time) (lastmodstore.Entry[V], bool, error) {
	return s.setIf(table.Hash(s.seed, key), key, value, ttl, t)
}

func (s *Store[K, V]) setIf(h uint64, key K, value V, ttl time.Duration, t time.Time) (lastmodstore.Entry[V], bool, error) {
	weight := s.weigher.Of(key, value)
	r := s.newKeyRequest(opSetIf, h, key)
	defer s.release(r)
	r.value, r.weight, r.ttl, r.time = value, weight, ttl, t
	s.call(r)
	return r.copy.Entry(s.line), r.ok, r.err
}

// Add implements [lastmodstore.Writer]: it adds delta to the number stored under key
// and returns the resulting entry.
func (s *Store[K, V]) Add(key K, delta V, ttl time.Duration) (lastmodstore.Entry[V], error) {
	return s.add(table.Hash(s.seed, key), key, delta, ttl)
}

func (s *Store[K, V]) add(h uint64, key K, delta V, ttl time.Duration) (lastmodstore.Entry[V], error) {
	if s.weigher != nil {
		return s.addWeighed(h, key, delta, ttl)
	}
	r := s.newKeyRequest(opAdd, h, key)
	defer s.release(r)
	r.value, r.ttl = delta, ttl
	s.call(r)
	return r.copy.Entry(s.line), r.err
}

// addWeighed is add with MaxWeight. The weight is that of the sum, and no weigher may run
// on the owner's goroutine: so it weighs the sum with what it has found, and tries again
// if that has changed meanwhile.
func (s *Store[K, V]) addWeighed(h uint64, key K, delta V, ttl time.Duration) (lastmodstore.Entry[V], error) {
	var sum table.Sum[V]
	for {
		e, done, err := s.tryAdd(h, key, delta, ttl, &sum)
		if done || err != nil {
			return e, err
		}
		s.weigher.OfSum(&sum, key, delta)
	}
}

func (s *Store[K, V]) tryAdd(h uint64, key K, delta V, ttl time.Duration, sum *table.Sum[V]) (e lastmodstore.Entry[V], done bool, err error) {
	r := s.newKeyRequest(opAddTo, h, key)
	defer s.release(r)
	r.value, r.ttl, r.sum = delta, ttl, sum
	s.call(r)
	return r.copy.Entry(s.line), r.ok, r.err
}

// Touch implements [lastmodstore.Writer]: it gives the entry of key a new deadline
// and reports whether the entry was present.
func (s *Store[K, V]) Touch(key K, ttl time.Duration) (bool, error) {
	return s.touch(table.Hash(s.seed, key), key, ttl)
}

func (s *Store[K, V]) touch(h uint64, key K, ttl time.Duration) (bool, error) {
	r := s.newKeyRequest(opTouch, h, key)
	defer s.release(r)
	r.ttl = ttl
	s.call(r)
	return r.ok, r.err
}

// Delete implements [lastmodstore.Writer]: it removes the entry of key and reports
// whether it was present.
func (s *Store[K, V]) Delete(key K) (bool, error) {
	return s.delete(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) delete(h uint64, key K) (bool, error) {
	r := s.newKeyRequest(opDelete, h, key)
	defer s.release(r)
	s.call(r)
	return r.ok, r.err
}

// GetAndDelete implements [lastmodstore.Writer]: it removes the entry of key and
// returns what it removed.
func (s *Store[K, V]) GetAndDelete(key K) (lastmodstore.Entry[V], bool, error) {
	return s.getAndDelete(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) getAndDelete(h uint64, key K) (lastmodstore.Entry[V], bool, error) {
	r := s.newKeyRequest(opGetAndDelete, h, key)
	defer s.release(r)
	s.call(r)
	return r.copy.Entry(s.line), r.ok, r.err
}

// DeleteIfUnmodifiedSince implements [lastmodstore.Writer]: it removes the entry of
// key if it was last modified at or before t, and reports whether it did.
func (s *Store[K, V]) DeleteIfUnmodifiedSince(key K, t time.Time) (bool, error) {
	return s.deleteIf(table.Hash(s.seed, key), key, t)
}

func (s *Store[K, V]) deleteIf(h uint64, key K, t time.Time) (bool, error) {
	r := s.newKeyRequest(opDeleteIf, h, key)
	defer s.release(r)
	r.time = t
	s.call(r)
	return r.ok, r.err
}

// Merge implements [lastmodstore.Writer]: it stores e as given if it is newer than
// the current entry of key, and reports whether it did.
func (s *Store[K, V]) Merge(key K, e lastmodstore.Entry[V]) (bool, error) {
	return s.merge(table.Hash(s.seed, key), key, e)
}

func (s *Store[K, V]) merge(h uint64, key K, e lastmodstore.Entry[V]) (bool, error) {
	weight := s.weigher.Of(key, e.Value)
	r := s.newKeyRequest(opMerge, h, key)
	defer s.release(r)
	r.entry, r.weight = e, weight
	s.call(r)
	return r.ok, r.err
}

// Clear implements [lastmodstore.Writer]: it removes every entry at once.
func (s *Store[K, V]) Clear() error {
	r := s.newRequest(opClear)
	defer s.release(r)
	s.call(r)
	err := r.err
	if err == nil && r.cleared != nil {
		if r.n = r.cleared.Expired(); r.n > 0 {
			r.op = opCountCleared
			s.call(r)
		}
	}
	return err
}

// Cleanup implements [lastmodstore.Writer]: it removes every entry that has expired
// and returns how many it removed. Each step is one message, and other calls are
// served between steps.
func (s *Store[K, V]) Cleanup() int {
	r := s.newRequest(opSweep)
	defer s.release(r)
	r.cutoff = s.line.Catch()
	removed := 0
	var pace engine.Pacer
	pace.Begin(r.cutoff)
	for s.call(r) {
		removed += r.n
		if !r.ok {
			break
		}
		if now := s.line.Now(); pace.ShouldRest(len(s.mailbox) > 0, now) {
			time.Sleep(engine.SweepPause)
			pace.Wake(now, s.line.Now())
		}
	}
	return removed
}
