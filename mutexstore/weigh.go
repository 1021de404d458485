package mutexstore

import (
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// addWeighed is add with MaxWeight. The weight is that of the sum, and no weigher may
// run under the lock: so it weighs the sum with what it has found, and tries again if
// that has changed meanwhile.
func (s *Store[K, V]) addWeighed(h uint64, key K, delta V, ttl time.Duration) (lastmodstore.Entry[V], error) {
	var c table.Copy[V]
	var sum table.Sum[V]
	for {
		done, err := s.tryAdd(h, key, delta, ttl, &sum, &c)
		if done {
			return c.Entry(s.line), err
		}
		s.weigher.OfSum(&sum, key, delta)
	}
}

func (s *Store[K, V]) tryAdd(h uint64, key K, delta V, ttl time.Duration, sum *table.Sum[V], c *table.Copy[V]) (done bool, err error) {
	now, err := s.begin()
	defer s.end()
	if err != nil {
		return true, err
	}
	return s.table.AddTo(sum, table.Short(h), key, delta, ttl, now, c)
}
