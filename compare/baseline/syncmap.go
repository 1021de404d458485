package baseline

import (
	"sync"
	"time"
)

// SyncMap is an RWMap on a sync.Map: readers take no lock.
type SyncMap[V any] struct{ m sync.Map } // of string to *entry[V]

// NewSyncMap returns an empty SyncMap.
func NewSyncMap[V any]() *SyncMap[V] { return &SyncMap[V]{} }

// Get returns the value for key and reports whether it was present.
func (s *SyncMap[V]) Get(key string) (value V, ok bool) {
	if e, ok := s.m.Load(key); ok && e.(*entry[V]).live() {
		return e.(*entry[V]).value, true
	}
	return value, false
}

// Set stores value.
func (s *SyncMap[V]) Set(key string, value V, ttl time.Duration) error {
	e := newEntry(value, ttl)
	s.m.Store(key, &e)
	return nil
}

// Len counts the entries one by one.
func (s *SyncMap[V]) Len() int {
	n := 0
	s.m.Range(func(any, any) bool { n++; return true })
	return n
}

// Each calls body with every live entry.
func (s *SyncMap[V]) Each(body func(key string, value V)) {
	s.m.Range(func(k, e any) bool {
		if e := e.(*entry[V]); e.live() {
			body(k.(string), e.value)
		}
		return true
	})
}

// Cleanup removes the expired entries one by one.
func (s *SyncMap[V]) Cleanup() int {
	removed, at := 0, now()
	s.m.Range(func(k, e any) bool {
		if d := e.(*entry[V]).deadline; d != 0 && d <= at && s.m.CompareAndDelete(k, e) {
			removed++
		}
		return true
	})
	return removed
}
