package migration

import (
	"testing"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

type lruCache = *lru.Cache[string, int]

func TestLRU(t *testing.T) {
	library[lruCache]{
		heading: "golang-lru", rowsVar: "lruRows", rows: lruRows,
		open: func() lruCache {
			c, err := lru.New[string, int](n)
			if err != nil {
				panic(err)
			}
			return c
		},
		close: func(lruCache) {},
	}.test(t)
}

// bounded returns a store with the page's capacity, after each of names was set.
func bounded(names ...string) store {
	s := mutexstore.New[string, int](0, lastmodstore.MaxEntries(n))
	for _, key := range names {
		s.Set(key, v, lastmodstore.NoExpiry)
	}
	return s
}

var lruRows = []row[lruCache]{
	{
		func(lruCache) any {
			c, err := lru.New[string, int](n)
			c.Add("a", v)
			c.Add("b", v)
			c.Add("c", v)
			return []any{c.Keys(), err == nil}
		},
		func(store) any {
			s := mutexstore.New[string, int](0, lastmodstore.MaxEntries(n))
			defer s.Close()
			s.Set("a", v, lastmodstore.NoExpiry)
			s.Set("b", v, lastmodstore.NoExpiry)
			s.Set("c", v, lastmodstore.NoExpiry)
			return []any{keys(s), true}
		},
		same([]any{[]string{"b", "c"}, true}),
	}, {
		func(c lruCache) any { c.Add("a", v); c.Add("b", v); return c.Add("c", v) },
		func(store) any {
			s := bounded("a", "b")
			defer s.Close()
			before := s.Stats().Evictions
			s.Set("c", v, lastmodstore.NoExpiry)
			return s.Stats().Evictions > before
		},
		same(true),
	}, {
		func(c lruCache) any {
			c.Add("a", v)
			c.Add("b", v)
			c.Get("b")
			c.Get("a")
			c.Add("c", v)
			return c.Keys()
		},
		func(store) any {
			s := bounded("a", "b")
			defer s.Close()
			s.Get("b")
			s.Get("a")
			s.Set("c", v, lastmodstore.NoExpiry)
			return keys(s)
		},
		differ([]string{"a", "c"}, []string{"b", "c"}),
	}, {
		func(c lruCache) any {
			c.Add("a", v)
			c.Add("b", v)
			c.Peek("a")
			c.Contains("a")
			c.Add("c", v)
			return c.Keys()
		},
		func(store) any {
			s := bounded("a", "b")
			defer s.Close()
			s.GetEntry("a")
			s.Set("c", v, lastmodstore.NoExpiry)
			return keys(s)
		},
		differ([]string{"b", "c"}, []string{"a", "c"}),
	}, {
		func(c lruCache) any { c.Add(k, v); previous, ok, _ := c.PeekOrAdd(k, 2); return []any{previous, ok} },
		func(s store) any {
			s.Set(k, v, lastmodstore.NoExpiry)
			e, stored, _ := lastmodstore.SetIfAbsent(s, k, 2, lastmodstore.NoExpiry)
			return []any{e.Value, !stored}
		},
		same([]any{v, true}),
	}, {
		func(c lruCache) any { c.Add(k, v); return []any{c.Remove(k), c.Remove(k)} },
		func(s store) any {
			s.Set(k, v, lastmodstore.NoExpiry)
			first, _ := s.Delete(k)
			second, _ := s.Delete(k)
			return []any{first, second}
		},
		same([]any{true, false}),
	}, {
		func(c lruCache) any { c.Add("a", v); c.Add("b", v); c.Get("a"); return c.Keys() },
		func(s store) any {
			s.Set("a", v, d)
			s.Set("b", v, d)
			s.Get("a")
			var keys []string
			for key := range s.ModifiedSince(time.Time{}) {
				keys = append(keys, key)
			}
			return keys
		},
		differ([]string{"b", "a"}, []string{"a", "b"}),
	}, {
		func(c lruCache) any {
			c.Add("a", v)
			c.Add("b", v)
			key, _, ok := c.RemoveOldest()
			return []any{key, ok}
		},
		func(s store) any {
			s.Set("a", v, d)
			s.Set("b", v, d)
			for key, e := range s.ModifiedSince(time.Time{}) {
				ok, _ := s.DeleteIfUnmodifiedSince(key, e.LastModified)
				return []any{key, ok}
			}
			return nil
		},
		same([]any{"a", true}),
	}, {
		func(c lruCache) any { c.Add(k, v); c.Purge(); return c.Len() },
		func(s store) any { s.Set(k, v, d); s.Clear(); return s.Len() },
		same(0),
	}, {
		func(lruCache) any {
			l := newList()
			c, _ := lru.NewWithEvict(n, func(key string, _ int) { l.add(key) })
			c.Add("a", v)
			c.Add("b", v)
			c.Add("b", 2)
			c.Add("c", v)
			c.Remove("b")
			c.Purge()
			return l.sorted()
		},
		func(store) any {
			s := bounded()
			defer s.Close()
			l := newList()
			s.OnRemove(func(key string, _ entry, why lastmodstore.EventKind) { l.add(key, why) })
			s.Set("a", v, d)
			s.Set("b", v, d)
			s.Set("b", 2, d)
			s.Set("c", v, d)
			s.Delete("b")
			s.Clear()
			return l.sorted()
		},
		differ("a, b, c", "a Evicted, b Deleted, b Replaced, c Cleared"),
	},
}
