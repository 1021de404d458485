package baseline

import "time"

// Update replaces the value of key with what fn makes of it, under the lock. Fn
// gets the zero value and false for an absent key.
func (s *RWMap[V]) Update(key string, ttl time.Duration, fn func(old V, ok bool) V) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var old V
	e, ok := s.m[key]
	if ok = ok && e.live(); ok {
		old = e.value
	}
	s.m[key] = newEntry(fn(old, ok), ttl)
	return nil
}

// Update replaces the value of key with what fn makes of it. It compares and
// swaps: fn runs again if another writer got in first.
func (s *SyncMap[V]) Update(key string, ttl time.Duration, fn func(old V, ok bool) V) error {
	for !s.tryUpdate(key, ttl, fn) {
	}
	return nil
}

func (s *SyncMap[V]) tryUpdate(key string, ttl time.Duration, fn func(old V, ok bool) V) bool {
	k := any(key) // once, since that allocates
	present, loaded := s.m.Load(k)
	if !loaded {
		var zero V
		e := newEntry(fn(zero, false), ttl)
		_, loaded := s.m.LoadOrStore(k, &e)
		return !loaded
	}
	var old V
	was := present.(*entry[V])
	ok := was.live()
	if ok {
		old = was.value
	}
	e := newEntry(fn(old, ok), ttl)
	return s.m.CompareAndSwap(k, was, &e)
}
