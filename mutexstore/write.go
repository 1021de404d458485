package mutexstore

import (
	"runtime"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// begin locks for a write and answers its time: read under the lock, so that
// time never runs back from one write to the next.
func (s *Store[K, V]) begin() (now int64, err error) {
	s.mu.Lock()
	return s.begunLocked()
}

func (s *Store[K, V]) begunLocked() (now int64, err error) {
	if s.closed {
		return 0, lastmodstore.ErrClosed
	}
	return s.line.Tick(), nil
}

// beginRenewal is begin for a write that may give the entry with hash h a later
// deadline, if it has not expired. It ends with endRenewal.
func (s *Store[K, V]) beginRenewal(h uint32) (now int64, err error) {
	s.mu.Lock()
	s.renewing.Store(renewal(h)) // before the clock is read
	return s.begunLocked()
}

func (s *Store[K, V]) endRenewal() {
	s.renewing.Store(0)
	s.end()
}

// end unlocks after a write and notifies watchers of what it changed.
func (s *Store[K, V]) end() {
	s.dispatchLocked()
	for s.table.IsClogged() { // with what readers may still look at, who have been interrupted
		runtime.Gosched()
		s.table.Reclaim()
	}
	s.reclaimLaterLocked()
	last, hub := s.table.Last(), s.hub
	changed := last != s.noted
	s.noted = last
	s.mu.Unlock()
	if changed {
		hub.Notify()
	}
}

func (s *Store[K, V]) Set(key K, value V, ttl time.Duration) error {
	return s.set(table.Hash(s.seed, key), key, value, ttl)
}

func (s *Store[K, V]) set(h uint64, key K, value V, ttl time.Duration) error {
	now, err := s.begin()
	defer s.end()
	if err != nil {
		return err
	}
	return s.table.Set(table.Short(h), key, value, ttl, now)
}

func (s *Store[K, V]) SetMany(values map[K]V, ttl time.Duration) error {
	return s.setMany(table.Assignments(s.seed, values), ttl)
}

func (s *Store[K, V]) setMany(all []table.Assignment[K, V], ttl time.Duration) error {
	s.mu.Lock()
	defer s.end()
	if len(all) > 1 {
		s.table.Hide() // before the clock is read, so that no read comes between that and the batch
		defer s.table.Show()
	}
	now, err := s.begunLocked()
	if err != nil {
		return err
	}
	return s.table.SetMany(all, ttl, now)
}

func (s *Store[K, V]) SetIfUnmodifiedSince(key K, value V, ttl time.Duration, t time.Time) (lastmodstore.Entry[V], bool, error) {
	return s.setIf(table.Hash(s.seed, key), key, value, ttl, t)
}

func (s *Store[K, V]) setIf(h uint64, key K, value V, ttl time.Duration, t time.Time) (lastmodstore.Entry[V], bool, error) {
	var c table.Copy[V]
	stored, err := s.setIfCopy(h, key, value, ttl, t, &c)
	return c.Entry(s.line), stored, err
}

func (s *Store[K, V]) setIfCopy(h uint64, key K, value V, ttl time.Duration, t time.Time, c *table.Copy[V]) (bool, error) {
	now, err := s.beginRenewal(table.Short(h))
	defer s.endRenewal()
	if err != nil {
		return false, err
	}
	return s.table.SetIfUnmodifiedSince(table.Short(h), key, value, ttl, t, now, c)
}

func (s *Store[K, V]) Add(key K, delta V, ttl time.Duration) (lastmodstore.Entry[V], error) {
	return s.add(table.Hash(s.seed, key), key, delta, ttl)
}

func (s *Store[K, V]) add(h uint64, key K, delta V, ttl time.Duration) (lastmodstore.Entry[V], error) {
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

func (s *Store[K, V]) Merge(key K, e lastmodstore.Entry[V]) (bool, error) {
	return s.merge(table.Hash(s.seed, key), key, e)
}

func (s *Store[K, V]) merge(h uint64, key K, e lastmodstore.Entry[V]) (bool, error) {
	_, err := s.begin()
	defer s.end()
	if err != nil {
		return false, err
	}
	return s.table.Merge(table.Short(h), key, e, s.line.Catch())
}

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
