package migration

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/patrickmn/go-cache"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

func TestGoCache(t *testing.T) {
	library[*cache.Cache]{
		heading: "go-cache", rowsVar: "goCacheRows", rows: goCacheRows,
		open:  func() *cache.Cache { return cache.New(d, 0) },
		close: func(*cache.Cache) {},
	}.test(t)
}

// has returns for how long c has k.
func has(c *cache.Cache) time.Duration {
	return lasts(func() bool { _, ok := c.Get(k); return ok })
}

var errAbsent = errors.New("absent")

var goCacheRows = []row[*cache.Cache]{
	{
		func(*cache.Cache) any { c := cache.New(d, 0); c.Set(k, v, 2*d); return has(c) },
		func(store) any {
			s := mutexstore.New[string, int](0)
			defer s.Close()
			s.Set(k, v, 2*d)
			return kept(s)
		},
		same(2 * d),
	}, {
		func(c *cache.Cache) any { c.Set(k, v, d); return has(c) },
		func(s store) any { s.Set(k, v, d); return kept(s) },
		same(d),
	}, {
		func(c *cache.Cache) any { c.Set(k, v, 0); c.SetDefault(k, v); return has(c) },
		func(s store) any { s.Set(k, v, 0); return kept(s) },
		differ(d, forever),
	}, {
		func(c *cache.Cache) any { c.Set(k, v, d); c.Set(k, v, -1); return has(c) },
		func(s store) any { s.Set(k, v, d); s.Set(k, v, -1); return kept(s) },
		differ(forever, d),
	}, {
		func(c *cache.Cache) any { c.Set(k, v, cache.NoExpiration); return has(c) },
		func(s store) any { s.Set(k, v, lastmodstore.NoExpiry); return kept(s) },
		same(forever),
	}, {
		func(c *cache.Cache) any { c.Set(k, v, d); time.Sleep(d); _, ok := c.Get(k); return ok },
		func(s store) any { s.Set(k, v, d); time.Sleep(d); _, ok := s.Get(k); return ok },
		differ(true, false),
	}, {
		func(c *cache.Cache) any {
			c.Set(k, v, d)
			_, t, ok := c.GetWithExpiration(k)
			return []any{time.Until(t), ok}
		},
		func(s store) any { s.Set(k, v, d); e, ok := s.GetEntry(k); return []any{time.Until(e.ExpiresAt), ok} },
		same([]any{d, true}),
	}, {
		func(c *cache.Cache) any { c.Set(k, v, d); err := c.Add(k, 2, d); return err == nil },
		func(s store) any {
			s.Set(k, v, d)
			_, stored, err := lastmodstore.SetIfAbsent(s, k, 2, d)
			return stored && err == nil
		},
		same(false),
	}, {
		func(c *cache.Cache) any { err := c.Replace(k, v, d); return err == nil },
		func(s store) any {
			_, err := lastmodstore.Update(s, k, func(_ entry, ok bool) (int, time.Duration, error) {
				if !ok {
					return 0, 0, errAbsent
				}
				return v, d, nil
			})
			return err == nil
		},
		same(false),
	}, {
		func(c *cache.Cache) any { n, err := c.IncrementInt(k, 3); return []any{n, err == nil} },
		func(s store) any { e, err := lastmodstore.Add(s, k, 3, d); return []any{e.Value, err == nil} },
		differ([]any{0, false}, []any{3, true}),
	}, {
		func(c *cache.Cache) any { c.Set(k, v, d); time.Sleep(d / 2); c.IncrementInt(k, 3); return has(c) },
		func(s store) any { s.Set(k, v, d); time.Sleep(d / 2); lastmodstore.Add(s, k, 3, d); return kept(s) },
		same(d / 2),
	}, {
		func(c *cache.Cache) any { c.Set(k, v, d); c.Delete(k); return has(c) },
		func(s store) any { s.Set(k, v, d); s.Delete(k); return kept(s) },
		same(time.Duration(0)),
	}, {
		func(c *cache.Cache) any { c.Set(k, v, d); time.Sleep(2 * d); c.DeleteExpired(); return c.ItemCount() },
		func(s store) any { s.Set(k, v, d); time.Sleep(2 * d); s.Cleanup(); return s.Len() },
		same(0),
	}, {
		func(c *cache.Cache) any { c.Set(k, v, d); time.Sleep(2 * d); return c.ItemCount() },
		func(s store) any { s.Set(k, v, d); time.Sleep(2 * d); return s.Len() },
		same(1),
	}, {
		func(c *cache.Cache) any { c.Set(k, v, d); return slices.Collect(maps.Keys(c.Items())) },
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
		func(c *cache.Cache) any {
			l := newList()
			c.OnEvicted(func(key string, _ any) { l.add(key) })
			for _, key := range []string{"replaced", "deleted", "expired", "cleared"} {
				c.Set(key, v, d)
			}
			c.Set("replaced", 2, 3*d)
			c.Set("cleared", v, 3*d)
			c.Delete("deleted")
			time.Sleep(2 * d)
			c.DeleteExpired()
			c.Flush()
			return l.sorted()
		},
		func(s store) any {
			l := newList()
			s.OnRemove(func(key string, _ entry, why lastmodstore.EventKind) { l.add(key, why) })
			for _, key := range []string{"replaced", "deleted", "expired"} {
				s.Set(key, v, d)
			}
			s.Set("replaced", 2, 3*d)
			s.Set("cleared", v, 3*d)
			s.Delete("deleted")
			time.Sleep(2 * d)
			s.Cleanup()
			s.Clear()
			return l.sorted()
		},
		differ("deleted, expired", "cleared Cleared, deleted Deleted, expired Expired, replaced Cleared, replaced Replaced"),
	}, {
		func(c *cache.Cache) any { c.Set(k, v, d); c.Flush(); return c.ItemCount() },
		func(s store) any { s.Set(k, v, d); s.Clear(); return s.Len() },
		same(0),
	}, {
		func(c *cache.Cache) any {
			return inTempDir(func(path string) int {
				c.Set(k, v, d)
				c.SaveFile(path)
				restored := cache.New(d, 0)
				restored.LoadFile(path)
				return restored.ItemCount()
			})
		},
		func(s store) any {
			return inTempDir(func(path string) int {
				s.Set(k, v, d)
				lastmodstore.SaveFile(path, s, lastmodstore.Gob)
				restored := mutexstore.New[string, int](0)
				defer restored.Close()
				lastmodstore.LoadFile(path, restored, lastmodstore.Gob)
				return restored.Len()
			})
		},
		same(1),
	},
}

// inTempDir returns what f does with a path at which there is no file.
func inTempDir(f func(path string) int) int {
	dir, err := os.MkdirTemp("", "migration")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	return f(filepath.Join(dir, "snapshot"))
}
