package mutexstore

import (
	"runtime"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// begin locks for a write and returns the time of the write, which is read under the
// lock, so that it never decreases from one write to the next.
func (s *Store[K, V]) begin() (now int64, err error) {
	s.mu.Lock()
	return s.beginLocked()
}

func (s *Store[K, V]) beginLocked() (now int64, err error) {
	if s.closed {
		return 0, lastmodstore.ErrClosed
	}
	return s.line.Tick(), nil
}

// beginRenewal is begin for a write that gives the entry with hash h a later
// deadline, provided that the entry has not expired. Call endRenewal afterwards.
func (s *Store[K, V]) beginRenewal(h uint32) (now int64, err error) {
	s.mu.Lock()
	s.renewing.Store(renewal(h)) // before the clock is read
	return s.beginLocked()
}

func (s *Store[K, V]) endRenewal() {
	s.renewing.Store(0)
	s.end()
}

// end unlocks after a write and notifies watchers of what it changed.
func (s *Store[K, V]) end() {
	s.dispatchLocked()
	for s.table.HasTooManyRetired() { // with slots that interrupted readers may still access
		runtime.Gosched()
		s.table.Reclaim()
	}
	s.reclaimLaterLocked()
	last, hub := s.table.Last(), s.hub
	changed := last != s.lastNotified
	s.lastNotified = last
	s.mu.Unlock()
	if changed {
		hub.Notify()
	}
}

// Set implements [lastmodstore.Writer]: it stores value under key.
func (s *Store[K, V]) Set(key K, value V, ttl time.Duration) error {
	return s.set(table.Hash(s.seed, key), key, value, ttl)
}

func (s *Store[K, V]) set(h uint64, key K, value V, ttl time.Duration) error {
	weight := s.weigher.Of(key, value)
	now, err := s.begin()
	defer s.end()
	if err != nil {
		return err
	}
	s.table.Weigh(weight)
	return s.table.Set(table.Short(h), key, value, ttl, now)
}

// SetMany implements [lastmodstore.Writer]: it stores all values or none. Meanwhile
// reads of single keys wait for the lock.
func (s *Store[K, V]) SetMany(values map[K]V, ttl time.Duration) error {
	all := table.Assignments(s.seed, values)
	s.weigher.OfAll(all)
	return s.setMany(all, ttl)
}

func (s *Store[K, V]) setMany(all []table.Assignment[K, V], ttl time.Duration) error {
	s.mu.Lock()
	defer s.end()
	if len(all) > 1 {
		s.table.Hide() // before the clock is read, so that no read can happen between that and the batch
		defer s.table.Show()
	}
	now, err := s.beginLocked()
	if err != nil {
		return err
	}
	return s.table.SetMany(all, ttl, now)
}

// SetIfUnmodifiedSince implements [lastmodstore.Writer]: it stores value if the entry
// of key was last modified at or before t or, with the zero t, if key is absent. It
// returns the entry that is present afterwards and whether that is the new one.
func (s *Store[K, V]) SetIfUnmodifiedSince(key K, value V, ttl time.Duration, t time.Time) (lastmodstore.Entry[V], bool, error) {
	return s.setIf(table.Hash(s.seed, key), key, value, ttl, t)
}

func (s *Store[K, V]) setIf(h uint64, key K, value V, ttl time.Duration, t time.Time) (lastmodstore.Entry[V], bool, error) {
	var c table.Copy[V]
	stored, err := s.setIfCopy(h, key, value, ttl, t, &c)
	return c.Entry(s.line), stored, err
}

func (s *Store[K, V]) setIfCopy(h uint64, key K, value V, ttl time.Duration, t time.Time, c *table.Copy[V]) (bool, error) {
	weight := s.weigher.Of(key, value)
	now, err := s.beginRenewal(table.Short(h))
	defer s.endRenewal()
	if err != nil {
		return false, err
	}
	s.table.Weigh(weight)
	return s.table.SetIfUnmodifiedSince(table.Short(h), key, value, ttl, t, now, c)
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
	var c table.Copy[V]
	err := s.addCopy(h, key, delta, ttl, &c)
	return c.Entry(s.line), err
}

func (s *Store[K, V]) addCopy(h uint64, key K, delta V, ttl time.Duration, c *table.Copy[V]) error {
	now, err := s.begin()
	defer s.end()
	if err != nil {
		return err
	}
	return s.table.Add(table.Short(h), key, delta, ttl, now, c)
}

// Touch implements [lastmodstore.Writer]: it gives the entry of key a new deadline
// and reports whether the entry was present.
func (s *Store[K, V]) Touch(key K, ttl time.Duration) (bool, error) {
	return s.touch(table.Hash(s.seed, key), key, ttl)
}

func (s *Store[K, V]) touch(h uint64, key K, ttl time.Duration) (bool, error) {
	now, err := s.beginRenewal(table.Short(h))
	defer s.endRenewal()
	if err != nil {
		return false, err
	}
	return s.table.Touch(table.Short(h), key, ttl, now)
}

// Delete implements [lastmodstore.Writer]: it removes the entry of key and reports
// whether it was present.
func (s *Store[K, V]) Delete(key K) (bool, error) {
	return s.delete(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) delete(h uint64, key K) (bool, error) {
	now, err := s.begin()
	defer s.end()
	if err != nil {
		return false, err
	}
	return s.table.Delete(table.Short(h), key, now)
}

// GetAndDelete implements [lastmodstore.Writer]: it removes the entry of key and
// returns what it removed.
func (s *Store[K, V]) GetAndDelete(key K) (lastmodstore.Entry[V], bool, error) {
	return s.getAndDelete(table.Hash(s.seed, key), key)
}

func (s *Store[K, V]) getAndDelete(h uint64, key K) (lastmodstore.Entry[V], bool, error) {
	var c table.Copy[V]
	ok, err := s.getAndDeleteCopy(h, key, &c)
	return c.Entry(s.line), ok, err
}

func (s *Store[K, V]) getAndDeleteCopy(h uint64, key K, c *table.Copy[V]) (bool, error) {
	now, err := s.begin()
	defer s.end()
	if err != nil {
		return false, err
	}
	return s.table.GetAndDelete(table.Short(h), key, now, c)
}

// DeleteIfUnmodifiedSince implements [lastmodstore.Writer]: it removes the entry of
// key if it was last modified at or before t, and reports whether it did.
func (s *Store[K, V]) DeleteIfUnmodifiedSince(key K, t time.Time) (bool, error) {
	return s.deleteIf(table.Hash(s.seed, key), key, t)
}

func (s *Store[K, V]) deleteIf(h uint64, key K, t time.Time) (bool, error) {
	now, err := s.begin()
	defer s.end()
	if err != nil {
		return false, err
	}
	return s.table.DeleteIfUnmodifiedSince(table.Short(h), key, t, now)
}

// Merge implements [lastmodstore.Writer]: it stores e as given if it is newer than
// the current entry of key, and reports whether it did.
func (s *Store[K, V]) Merge(key K, e lastmodstore.Entry[V]) (bool, error) {
	return s.merge(table.Hash(s.seed, key), key, e)
}

func (s *Store[K, V]) merge(h uint64, key K, e lastmodstore.Entry[V]) (bool, error) {
	weight := s.weigher.Of(key, e.Value)
	_, err := s.begin()
	defer s.end()
	if err != nil {
		return false, err
	}
	s.table.Weigh(weight)
	return s.table.Merge(table.Short(h), key, e, s.line.Catch())
}

// Clear implements [lastmodstore.Writer]: it removes every entry at once.
func (s *Store[K, V]) Clear() error {
	cleared, err := s.clear()
	if expired := cleared.Expired(); err == nil && expired > 0 {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.table.CountCleared(expired)
	}
	return err
}

func (s *Store[K, V]) clear() (cleared table.Cleared[K, V], err error) {
	now, err := s.begin()
	defer s.end()
	if err == nil {
		cleared = s.table.Clear(now)
	}
	return cleared, err
}
