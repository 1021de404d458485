package sharded

import "reflect"

// Pooled takes a batch from the pool and returns what it still holds, up to the capacity
// of its slices. It returns false if the pool was empty.
func (s *Store[K, V]) Pooled() (held []any, ok bool) {
	b, ok := s.batches.Get().(*batch[K, V])
	if !ok {
		return nil, false
	}
	for _, slice := range []any{b.keys[:cap(b.keys)], b.lookups[:cap(b.lookups)], b.unsorted[:cap(b.unsorted)], b.assignments[:cap(b.assignments)], b.pending, b.starts} {
		for v, i := reflect.ValueOf(slice), 0; i < v.Len(); i++ {
			if !v.Index(i).IsZero() {
				held = append(held, slice)
				break
			}
		}
	}
	return held, true
}
