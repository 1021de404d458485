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
	if len(all) < len(keys) && s.missed() {
		clear(all)
	}
	return all
}

func (s *Store[K, V]) SetMany(values map[K]V, ttl time.Duration) error {
	if len(values) == 0 || ttl < 0 && ttl != lastmodstore.KeepTTL {
		return s.refused(s.shards[0].SetMany(nil, ttl))
	}
	parts := make([]map[K]V, len(s.shards))
	for key, value := range values {
		if key != key { //nolint:staticcheck // NaN
			return s.refused(s.shards[0].SetMany(map[K]V{key: value}, ttl))
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
			return s.refused(err)
		}
	}
	return nil
}
