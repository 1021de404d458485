package migration

import (
	"context"
	"testing"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

type otterCache = *otter.Cache[string, int]

func TestOtter(t *testing.T) {
	library[otterCache]{
		heading: "otter", rowsVar: "otterRows", rows: otterRows,
		open:  func() otterCache { return openOtter(otter.ExpiryWriting[string, int](d)) },
		close: func(c otterCache) { c.StopAllGoroutines() },
	}.test(t)
}

func openOtter(expiry otter.ExpiryCalculator[string, int]) otterCache {
	return otter.Must(&otter.Options[string, int]{ExpiryCalculator: expiry})
}

// stays returns for how long c has k.
func stays(c otterCache) time.Duration {
	return lasts(func() bool { _, ok := c.GetIfPresent(k); return ok })
}

var otterRows = []row[otterCache]{
	{
		func(otterCache) any {
			c := otter.Must(&otter.Options[string, int]{MaximumSize: n})
			for _, key := range []string{"a", "b", "c"} {
				c.Set(key, v)
			}
			c.CleanUp()
			return c.EstimatedSize()
		},
		func(store) any {
			s := mutexstore.New[string, int](0, lastmodstore.MaxEntries(n))
			defer s.Close()
			for _, key := range []string{"a", "b", "c"} {
				s.Set(key, v, d)
			}
			return s.Len()
		},
		same(n),
	}, {
		func(c otterCache) any { c.Set(k, v); return stays(c) },
		func(s store) any { s.Set(k, v, d); return kept(s) },
		same(d),
	}, {
		func(c otterCache) any { c.Set(k, v); c.SetExpiresAfter(k, 2*d); return stays(c) },
		func(s store) any { s.Set(k, v, 2*d); return kept(s) },
		same(2 * d),
	}, {
		func(c otterCache) any { c.Set(k, v); c.SetExpiresAfter(k, 0); return stays(c) },
		func(s store) any { s.Set(k, v, d); s.Touch(k, 0); return kept(s) },
		differ(d, forever),
	}, {
		func(c otterCache) any { c.Set(k, v); c.SetExpiresAfter(k, -1); return stays(c) },
		func(s store) any { s.Set(k, v, d); s.Touch(k, lastmodstore.KeepTTL); return kept(s) },
		same(d),
	}, {
		func(otterCache) any {
			c := openOtter(otter.ExpiryCreating[string, int](d))
			defer c.StopAllGoroutines()
			c.Set(k, v)
			time.Sleep(d / 2)
			c.Set(k, 2)
			return stays(c)
		},
		func(s store) any {
			s.Set(k, v, d)
			time.Sleep(d / 2)
			s.Set(k, 2, lastmodstore.KeepTTL)
			return kept(s)
		},
		same(d / 2),
	}, {
		func(otterCache) any {
			c := openOtter(otter.ExpiryAccessing[string, int](d))
			defer c.StopAllGoroutines()
			c.Set(k, v)
			return lasts(func() bool { _, ok := c.GetIfPresent(k); return ok })
		},
		func(s store) any {
			s.Set(k, v, d)
			return lasts(func() bool { s.Touch(k, d); _, ok := s.Get(k); return ok })
		},
		same(forever),
	}, {
		func(c otterCache) any { c.Set(k, v); value, ok := c.GetIfPresent(k); return []any{value, ok} },
		func(s store) any { s.Set(k, v, d); value, ok := s.Get(k); return []any{value, ok} },
		same([]any{v, true}),
	}, {
		func(c otterCache) any { c.Set(k, v); e, ok := c.GetEntry(k); return []any{e.ExpiresAfter(), ok} },
		func(s store) any { s.Set(k, v, d); e, ok := s.GetEntry(k); return []any{time.Until(e.ExpiresAt), ok} },
		same([]any{d, true}),
	}, {
		func(c otterCache) any { c.Set(k, v); value, stored := c.SetIfAbsent(k, 2); return []any{value, stored} },
		func(s store) any {
			s.Set(k, v, d)
			e, stored, _ := lastmodstore.SetIfAbsent(s, k, 2, d)
			return []any{e.Value, stored}
		},
		same([]any{v, false}),
	}, {
		func(c otterCache) any {
			c.Set(k, v)
			value, ok := c.Compute(k, func(old int, found bool) (int, otter.ComputeOp) { return old + 1, otter.WriteOp })
			return []any{value, ok}
		},
		func(s store) any {
			s.Set(k, v, d)
			e, err := lastmodstore.Update(s, k, func(old entry, ok bool) (int, time.Duration, error) { return old.Value + 1, d, nil })
			return []any{e.Value, err == nil}
		},
		same([]any{2, true}),
	}, {
		func(c otterCache) any { c.Set(k, v); value, ok := c.Invalidate(k); return []any{value, ok} },
		func(s store) any { s.Set(k, v, d); e, ok, _ := s.GetAndDelete(k); return []any{e.Value, ok} },
		same([]any{v, true}),
	}, {
		func(c otterCache) any { c.Set(k, v); c.InvalidateAll(); return c.EstimatedSize() },
		func(s store) any { s.Set(k, v, d); s.Clear(); return s.Len() },
		same(0),
	}, {
		func(c otterCache) any {
			c.Set(k, v)
			sum := 0
			for _, value := range c.All() {
				sum += value
			}
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
		func(otterCache) any {
			l := newList()
			c := otter.Must(&otter.Options[string, int]{OnDeletion: func(e otter.DeletionEvent[string, int]) { l.add(e.Key, e.Cause) }})
			c.Set(k, v)
			c.Set(k, 2)
			c.Invalidate(k)
			return l.sorted()
		},
		func(s store) any {
			l := newList()
			s.OnRemove(func(key string, _ entry, why lastmodstore.EventKind) { l.add(key, why) })
			s.Set(k, v, d)
			s.Set(k, 2, d)
			s.Delete(k)
			return l.sorted()
		},
		differ("k Invalidation, k Replacement", "k Deleted, k Replaced"),
	}, {
		func(c otterCache) any {
			load := otter.LoaderFunc[string, int](func(context.Context, string) (int, error) { return v, nil })
			value, err := c.Get(context.Background(), k, load)
			return []any{value, err}
		},
		func(s store) any {
			l := lastmodstore.NewLoader(s, func(context.Context, string, entry, bool) (int, time.Duration, error) { return v, d, nil })
			defer l.Close()
			e, err := l.Get(context.Background(), k)
			return []any{e.Value, err}
		},
		same([]any{v, nil}),
	}, {
		func(otterCache) any {
			c := otter.Must(&otter.Options[string, int]{MaximumWeight: 3, Weigher: func(string, int) uint32 { return 2 }})
			c.Set("a", v)
			c.Set("b", v)
			c.CleanUp()
			return c.EstimatedSize()
		},
		func(store) any {
			s := mutexstore.New[string, int](0, lastmodstore.MaxWeight(3, func(string, int) int { return 2 }))
			defer s.Close()
			s.Set("a", v, d)
			s.Set("b", v, d)
			return s.Len()
		},
		same(1),
	},
}
