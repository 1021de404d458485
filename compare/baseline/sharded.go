package baseline

import (
	"hash/maphash"
	"time"
)

// ShardedMap spreads its keys over several RWMaps. It has no order of
// modification and no order of expiry: what a sharded lock costs without them.
type ShardedMap[V any] struct {
	seed   maphash.Seed
	shards []padded[V]
}

type padded[V any] struct {
	RWMap[V]
	_ [96]byte // so that no two locks share a cache line
}

// NewShardedMap returns an empty map of n shards.
func NewShardedMap[V any](n int) *ShardedMap[V] {
	s := &ShardedMap[V]{maphash.MakeSeed(), make([]padded[V], n)}
	for i := range s.shards {
		s.shards[i].m = map[string]entry[V]{}
	}
	return s
}

func (s *ShardedMap[V]) of(key string) *RWMap[V] {
	h := maphash.String(s.seed, key) >> 32
	return &s.shards[h*uint64(len(s.shards))>>32].RWMap
}

// Get returns the value for key and reports whether it was present.
func (s *ShardedMap[V]) Get(key string) (value V, ok bool) { return s.of(key).Get(key) }

// Set stores value.
func (s *ShardedMap[V]) Set(key string, value V, ttl time.Duration) error {
	return s.of(key).Set(key, value, ttl)
}
