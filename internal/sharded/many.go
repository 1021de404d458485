package sharded

import (
	"maps"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

func (s *Store[K, V]) GetMany(keys []K) map[K]lastmodstore.Entry[V] {
	parts := make([][]K, len(s.shards))
	for _, key := range keys {
		i := s.index(key)
		parts[i] = append(parts[i], key)
	}
	all := make(map[K]lastmodstore.Entry[V], len(keys))
	for i, part := range parts {
		if len(part) > 0 {
			maps.Copy(all, s.shards[i].GetMany(part))
		}
	}
	return all
}

func (s *Store[K, V]) SetMany(values map[K]V, ttl time.Duration) error {
	if ttl < 0 && ttl != lastmodstore.KeepTTL {
		return s.refuse(lastmodstore.ErrInvalidTTL)
	}
	if len(values) == 0 {
		return s.refuse(nil)
	}
	parts := make([]map[K]V, len(s.shards))
	for key, value := range values {
		if key != key { //nolint:staticcheck // NaN
			return s.refuse(lastmodstore.ErrInvalidKey)
		}
		i := s.index(key)
		if parts[i] == nil {
			parts[i] = map[K]V{}
		}
		parts[i][key] = value
	}
	for i, part := range parts {
		if part == nil {
			continue
		}
		if err := s.shards[i].SetMany(part, ttl); err != nil {
			return err
		}
	}
	return nil
}

// refuse returns err, or ErrClosed, which comes first.
func (s *Store[K, V]) refuse(err error) error {
	select {
	case <-s.done:
		return lastmodstore.ErrClosed
	default:
		return err
	}
}
