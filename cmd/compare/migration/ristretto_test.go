package migration

import (
	"errors"
	"testing"
	"time"

	"github.com/dgraph-io/ristretto/v2"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

type ristrettoCache = *ristretto.Cache[string, int]

func TestRistretto(t *testing.T) {
	library[ristrettoCache]{
		heading: "ristretto", rowsVar: "ristrettoRows", rows: ristrettoRows,
		open:  func() ristrettoCache { return openRistretto(ristretto.Config[string, int]{MaxCost: 100}) },
		close: func(c ristrettoCache) { c.Close() },
	}.test(t)
}

func openRistretto(config ristretto.Config[string, int]) ristrettoCache {
	config.NumCounters, config.BufferItems, config.IgnoreInternalCost = 1000, 64, true
	c, err := ristretto.NewCache(&config)
	if err != nil {
		panic(err)
	}
	return c
}

// found returns for how long c has k.
func found(c ristrettoCache) time.Duration {
	return lasts(func() bool { _, ok := c.Get(k); return ok })
}

var ristrettoRows = []row[ristrettoCache]{
	{
		func(ristrettoCache) any {
			c := openRistretto(ristretto.Config[string, int]{MaxCost: 3})
			defer c.Close()
			c.Set("a", v, 2)
			c.Set("b", v, 2)
			c.Wait()
			return c.RemainingCost()
		},
		func(store) any {
			s := mutexstore.New[string, int](0, lastmodstore.MaxWeight(3, func(string, int) int { return 2 }))
			defer s.Close()
			s.Set("a", v, d)
			s.Set("b", v, d)
			return int64(3 - s.Stats().Weight)
		},
		same(int64(1)),
	}, {
		func(c ristrettoCache) any { c.Set(k, v, 1); c.Wait(); return found(c) },
		func(s store) any { s.Set(k, v, lastmodstore.NoExpiry); return kept(s) },
		same(forever),
	}, {
		func(c ristrettoCache) any { c.Set(k, v, 101); c.Wait(); _, ok := c.Get(k); return ok },
		func(s store) any { s.Set(k, v, d); _, ok := s.Get(k); return ok },
		differ(false, true),
	}, {
		func(c ristrettoCache) any { c.SetWithTTL(k, v, 1, d); c.Wait(); return found(c) },
		func(s store) any { s.Set(k, v, d); return kept(s) },
		same(d),
	}, {
		func(c ristrettoCache) any { c.SetWithTTL(k, v, 1, 0); c.Wait(); return found(c) },
		func(s store) any { s.Set(k, v, 0); return kept(s) },
		same(forever),
	}, {
		func(c ristrettoCache) any { ok := c.SetWithTTL(k, v, 1, -1); c.Wait(); return []any{ok, found(c)} },
		func(s store) any { err := s.Set(k, v, -1); return []any{err == nil, kept(s)} },
		differ([]any{false, time.Duration(0)}, []any{true, forever}),
	}, {
		func(c ristrettoCache) any { return c.SetWithTTL(k, v, 1, -time.Second) },
		func(s store) any {
			err := s.Set(k, v, -time.Second)
			return !errors.Is(err, lastmodstore.ErrInvalidTTL)
		},
		same(false),
	}, {
		func(c ristrettoCache) any {
			c.SetWithTTL(k, v, 1, d)
			c.Wait()
			ttl, ok := c.GetTTL(k)
			return []any{ttl, ok}
		},
		func(s store) any { s.Set(k, v, d); e, ok := s.GetEntry(k); return []any{time.Until(e.ExpiresAt), ok} },
		same([]any{d, true}),
	}, {
		func(c ristrettoCache) any { c.Set(k, v, 1); c.Wait(); c.Del(k); _, ok := c.Get(k); return ok },
		func(s store) any { s.Set(k, v, d); s.Delete(k); _, ok := s.Get(k); return ok },
		same(false),
	}, {
		func(c ristrettoCache) any {
			c.Set(k, v, 1)
			c.Wait()
			sum := 0
			c.IterValues(func(value int) (stop bool) { sum += value; return false })
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
		func(c ristrettoCache) any { c.Set(k, v, 1); c.Wait(); c.Clear(); _, ok := c.Get(k); return ok },
		func(s store) any { s.Set(k, v, d); s.Clear(); _, ok := s.Get(k); return ok },
		same(false),
	}, {
		func(ristrettoCache) any {
			l := newList()
			c := openRistretto(ristretto.Config[string, int]{MaxCost: 100, OnExit: func(value int) { l.add(value) }})
			c.Set(k, 1, 1)
			c.Wait()
			c.Set(k, 2, 1)
			c.Wait()
			c.Close()
			return l.sorted()
		},
		func(s store) any {
			l := newList()
			s.OnRemove(func(_ string, e entry, _ lastmodstore.EventKind) { l.add(e.Value) })
			s.Set(k, 1, d)
			s.Set(k, 2, d)
			s.Close()
			return l.sorted()
		},
		differ("1, 2", "1"),
	},
}
