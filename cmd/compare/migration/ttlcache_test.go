package migration

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jellydator/ttlcache/v3"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

type ttlCache = *ttlcache.Cache[string, int]

func TestTTLCache(t *testing.T) {
	library[ttlCache]{
		heading: "ttlcache", rowsVar: "ttlCacheRows", rows: ttlCacheRows,
		open:  func() ttlCache { return ttlcache.New(ttlcache.WithTTL[string, int](d)) },
		close: func(c ttlCache) { c.Stop() },
	}.test(t)
}

// holds returns for how long c has k. It reads without touching.
func holds(c ttlCache) time.Duration { return lasts(func() bool { return c.Has(k) }) }

var ttlCacheRows = []row[ttlCache]{
	{
		func(ttlCache) any {
			c := ttlcache.New(ttlcache.WithTTL[string, int](d))
			go c.Start()
			defer c.Stop()
			c.Set(k, v, 2*d)
			time.Sleep(3 * d)
			return c.Metrics().Evictions
		},
		func(store) any {
			s := mutexstore.New[string, int](d)
			defer s.Close()
			s.Set(k, v, 2*d)
			time.Sleep(3*d + 1)
			return s.Stats().Expirations
		},
		same(uint64(1)),
	}, {
		func(c ttlCache) any { c.Set(k, v, 2*d); return holds(c) },
		func(s store) any { s.Set(k, v, 2*d); return kept(s) },
		same(2 * d),
	}, {
		func(c ttlCache) any { c.Set(k, v, ttlcache.DefaultTTL); return holds(c) },
		func(s store) any { s.Set(k, v, 0); return kept(s) },
		differ(d, forever),
	}, {
		func(c ttlCache) any { c.Set(k, v, ttlcache.NoTTL); return holds(c) },
		func(s store) any { s.Set(k, v, lastmodstore.NoExpiry); return kept(s) },
		same(forever),
	}, {
		func(c ttlCache) any { c.Set(k, v, d); c.Set(k, v, -1); return holds(c) },
		func(s store) any { s.Set(k, v, d); s.Set(k, v, -1); return kept(s) },
		differ(forever, d),
	}, {
		func(c ttlCache) any {
			c.Set(k, v, d)
			time.Sleep(d / 2)
			c.Set(k, 2, ttlcache.PreviousOrDefaultTTL)
			return holds(c)
		},
		func(s store) any {
			s.Set(k, v, d)
			time.Sleep(d / 2)
			s.Set(k, 2, lastmodstore.KeepTTL)
			return kept(s)
		},
		same(d / 2),
	}, {
		func(c ttlCache) any {
			c.Set(k, v, d)
			return lasts(func() bool { return c.Get(k) != nil })
		},
		func(s store) any {
			s.Set(k, v, d)
			return lasts(func() bool { _, ok := s.Get(k); return ok })
		},
		differ(forever, d),
	}, {
		func(c ttlCache) any {
			c.Set(k, v, d)
			return lasts(func() bool { return c.Get(k, ttlcache.WithDisableTouchOnHit[string, int]()) != nil })
		},
		func(s store) any {
			s.Set(k, v, d)
			return lasts(func() bool { _, ok := s.Get(k); return ok })
		},
		same(d),
	}, {
		func(c ttlCache) any {
			c.Set(k, v, d)
			time.Sleep(d / 2)
			c.Touch(k)
			return holds(c)
		},
		func(s store) any {
			s.Set(k, v, d)
			time.Sleep(d / 2)
			s.Touch(k, d)
			return kept(s)
		},
		same(d),
	}, {
		func(c ttlCache) any { c.Set(k, v, d); time.Sleep(2 * d); return c.Has(k) },
		func(s store) any { s.Set(k, v, d); time.Sleep(2 * d); _, ok := s.GetLastModified(k); return ok },
		same(false),
	}, {
		func(c ttlCache) any {
			c.Set(k, v, d)
			time.Sleep(d / 2)
			item, found := c.GetOrSet(k, 2)
			return []any{item.Value(), found, holds(c)}
		},
		func(s store) any {
			s.Set(k, v, d)
			time.Sleep(d / 2)
			e, stored, _ := lastmodstore.SetIfAbsent(s, k, 2, d)
			return []any{e.Value, !stored, kept(s)}
		},
		differ([]any{v, true, d}, []any{v, true, d / 2}),
	}, {
		func(c ttlCache) any {
			c.Set(k, v, d)
			item, ok := c.GetAndDelete(k)
			return []any{item.Value(), ok, c.Len()}
		},
		func(s store) any {
			s.Set(k, v, d)
			e, ok, _ := s.GetAndDelete(k)
			return []any{e.Value, ok, s.Len()}
		},
		same([]any{v, true, 0}),
	}, {
		func(c ttlCache) any { c.Set(k, v, d); c.Delete(k); return c.Len() },
		func(s store) any { s.Set(k, v, d); s.Delete(k); return s.Len() },
		same(0),
	}, {
		func(c ttlCache) any { c.Set(k, v, d); c.DeleteAll(); return c.Len() },
		func(s store) any { s.Set(k, v, d); s.Clear(); return s.Len() },
		same(0),
	}, {
		func(c ttlCache) any {
			c.Set(k, v, d)
			time.Sleep(2 * d)
			c.DeleteExpired()
			return c.Metrics().Evictions
		},
		func(s store) any { s.Set(k, v, d); time.Sleep(2 * d); return uint64(s.Cleanup()) },
		same(uint64(1)),
	}, {
		func(c ttlCache) any { c.Set(k, v, d); time.Sleep(2 * d); return c.Len() },
		func(s store) any { s.Set(k, v, d); time.Sleep(2 * d); return s.Len() },
		differ(0, 1),
	}, {
		func(c ttlCache) any {
			c.Set(k, v, d)
			var keys []string
			c.Range(func(item *ttlcache.Item[string, int]) bool {
				keys = append(keys, item.Key())
				return true
			})
			return keys
		},
		func(s store) any {
			s.Set(k, v, d)
			var keys []string
			for key := range s.All() {
				keys = append(keys, key)
			}
			return keys
		},
		same([]string{k}),
	}, {
		func(c ttlCache) any {
			l := newList()
			c.OnEviction(func(_ context.Context, why ttlcache.EvictionReason, item *ttlcache.Item[string, int]) {
				l.add(item.Key(), why)
			})
			c.Set(k, v, d)
			c.Set(k, 2, d)
			c.DeleteAll()
			return l.sorted()
		},
		func(s store) any {
			l := newList()
			s.OnRemove(func(key string, _ entry, why lastmodstore.EventKind) { l.add(key, why) })
			s.Set(k, v, d)
			s.Set(k, 2, d)
			s.Clear()
			return l.sorted()
		},
		differ("k 1", "k Cleared, k Replaced"),
	}, {
		func(c ttlCache) any {
			l := newList()
			c.OnInsertion(func(_ context.Context, item *ttlcache.Item[string, int]) { l.add(item.Key()) })
			c.OnUpdate(func(_ context.Context, item *ttlcache.Item[string, int]) { l.add(item.Key()) })
			c.Set(k, v, d)
			c.Set(k, 2, d)
			return l.sorted()
		},
		func(s store) any {
			l := newList()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			s.Set(k, v, d)
			s.Set(k, 2, d)
			go func() {
				for event := range s.Watch(ctx, time.Time{}) {
					if event.Kind == lastmodstore.Modified {
						l.add(event.Key)
					}
				}
			}()
			return l.sorted()
		},
		differ("k, k", "k"),
	}, {
		func(ttlCache) any {
			c := ttlcache.New(ttlcache.WithCapacity[string, int](n))
			for _, key := range []string{"a", "b", "c"} {
				c.Set(key, v, ttlcache.NoTTL)
				c.Get("a")
			}
			return slices.Sorted(slices.Values(c.Keys()))
		},
		func(store) any {
			s := mutexstore.New[string, int](0, lastmodstore.MaxEntries(n))
			defer s.Close()
			for _, key := range []string{"a", "b", "c"} {
				s.Set(key, v, lastmodstore.NoExpiry)
				s.Get("a")
			}
			return keys(s)
		},
		same([]string{"a", "c"}),
	}, {
		func(ttlCache) any {
			loader := ttlcache.LoaderFunc[string, int](func(c *ttlcache.Cache[string, int], key string) *ttlcache.Item[string, int] {
				return c.Set(key, v, d)
			})
			c := ttlcache.New(ttlcache.WithLoader(ttlcache.NewSuppressedLoader(loader, nil)))
			return c.Get(k).Value()
		},
		func(s store) any {
			l := lastmodstore.NewLoader(s, func(context.Context, string, entry, bool) (int, time.Duration, error) {
				return v, d, nil
			})
			defer l.Close()
			e, _ := l.Get(context.Background(), k)
			return e.Value
		},
		same(v),
	}, {
		func(ttlCache) any {
			c := ttlcache.New(ttlcache.WithVersion[string, int](true))
			first := c.Set(k, v, d).Version()
			c.Delete(k)
			return c.Set(k, v, d).Version() > first
		},
		func(s store) any {
			s.Set(k, v, d)
			first, _ := s.GetLastModified(k)
			s.Delete(k)
			s.Set(k, v, d)
			second, _ := s.GetLastModified(k)
			return second.After(first)
		},
		differ(false, true),
	},
}

// keys returns the keys of s, sorted.
func keys(s store) []string {
	var all []string
	for key := range s.All() {
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}
