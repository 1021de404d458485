package migration

import (
	"sync"
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

func TestSyncMap(t *testing.T) {
	library[*sync.Map]{
		heading: "sync.Map", rowsVar: "syncMapRows", rows: syncMapRows,
		open:  func() *sync.Map { return new(sync.Map) },
		close: func(*sync.Map) {},
	}.test(t)
}

var syncMapRows = []row[*sync.Map]{
	{
		func(*sync.Map) any { var m sync.Map; m.Store(k, v); _, ok := m.Load(k); return ok },
		func(store) any {
			s := mutexstore.New[string, int](0)
			defer s.Close()
			s.Set(k, v, lastmodstore.NoExpiry)
			_, ok := s.Get(k)
			return ok
		},
		same(true),
	}, {
		func(m *sync.Map) any { m.Store(k, v); value, ok := m.Load(k); return []any{value, ok} },
		func(s store) any { s.Set(k, v, lastmodstore.NoExpiry); value, ok := s.Get(k); return []any{value, ok} },
		same([]any{v, true}),
	}, {
		func(m *sync.Map) any {
			m.Store(k, v)
			actual, loaded := m.LoadOrStore(k, 2)
			return []any{actual, loaded}
		},
		func(s store) any {
			s.Set(k, v, lastmodstore.NoExpiry)
			e, stored, _ := lastmodstore.SetIfAbsent(s, k, 2, lastmodstore.NoExpiry)
			return []any{e.Value, !stored}
		},
		same([]any{v, true}),
	}, {
		func(m *sync.Map) any { m.Store(k, v); value, loaded := m.LoadAndDelete(k); return []any{value, loaded} },
		func(s store) any {
			s.Set(k, v, lastmodstore.NoExpiry)
			e, ok, _ := s.GetAndDelete(k)
			return []any{e.Value, ok}
		},
		same([]any{v, true}),
	}, {
		func(m *sync.Map) any { m.Store(k, v); m.Delete(k); _, ok := m.Load(k); return ok },
		func(s store) any { s.Set(k, v, d); s.Delete(k); _, ok := s.Get(k); return ok },
		same(false),
	}, {
		func(m *sync.Map) any { m.Store(k, v); previous, loaded := m.Swap(k, 2); return []any{previous, loaded} },
		func(s store) any {
			s.Set(k, v, lastmodstore.NoExpiry)
			var previous entry
			var loaded bool
			lastmodstore.Update(s, k, func(old entry, ok bool) (int, time.Duration, error) {
				previous, loaded = old, ok
				return 2, lastmodstore.KeepTTL, nil
			})
			return []any{previous.Value, loaded}
		},
		same([]any{v, true}),
	}, {
		func(m *sync.Map) any { m.Store(k, 1); return m.CompareAndSwap(k, 1, 2) },
		func(s store) any {
			s.Set(k, 1, d)
			e, _ := s.GetEntry(k)
			_, stored, _ := s.SetIfUnmodifiedSince(k, 2, lastmodstore.KeepTTL, e.LastModified)
			return stored
		},
		same(true),
	}, {
		func(m *sync.Map) any { m.Store(k, 1); m.Store(k, 2); m.Store(k, 1); return m.CompareAndSwap(k, 1, 2) },
		func(s store) any {
			s.Set(k, 1, d)
			e, _ := s.GetEntry(k)
			s.Set(k, 2, d)
			s.Set(k, 1, d)
			_, stored, _ := s.SetIfUnmodifiedSince(k, 2, lastmodstore.KeepTTL, e.LastModified)
			return stored
		},
		differ(true, false),
	}, {
		func(m *sync.Map) any { m.Store(k, 1); return m.CompareAndDelete(k, 1) },
		func(s store) any {
			s.Set(k, 1, d)
			e, _ := s.GetEntry(k)
			ok, _ := s.DeleteIfUnmodifiedSince(k, e.LastModified)
			return ok
		},
		same(true),
	}, {
		func(m *sync.Map) any {
			m.Store(k, v)
			sum := 0
			m.Range(func(_, value any) bool { sum += value.(int); return true })
			return sum
		},
		func(s store) any {
			s.Set(k, v, d)
			sum := 0
			for _, e := range s.All() {
				sum += e.Value
			}
			return sum
		},
		same(v),
	}, {
		func(m *sync.Map) any { m.Store(k, v); m.Clear(); _, ok := m.Load(k); return ok },
		func(s store) any { s.Set(k, v, d); s.Clear(); _, ok := s.Get(k); return ok },
		same(false),
	},
}
