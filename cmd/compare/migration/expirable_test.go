package migration

import (
	"runtime"
	"testing"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"
)

type expirableLRU = *expirable.LRU[string, int]

func TestExpirableLRU(t *testing.T) {
	library[expirableLRU]{
		heading: "golang-lru/expirable", rowsVar: "expirableRows", rows: expirableRows,
		open:  func() expirableLRU { return expirable.NewLRU(0, stop, d) },
		close: func(c expirableLRU) { c.Add(last, v); time.Sleep(2 * d) },
	}.test(t)
}

// last is the key whose removal ends the goroutine of an LRU. The library has no
// other way to end it, and a bubble waits for its goroutines.
const last = "last"

func stop(key string, _ int) {
	if key == last {
		runtime.Goexit()
	}
}

var expirableRows = []row[expirableLRU]{
	{
		func(expirableLRU) any {
			c := expirable.NewLRU(n, stop, d)
			defer func() { c.Add(last, v); time.Sleep(2 * d) }()
			c.Add(k, v)
			return lasts(func() bool { _, ok := c.Get(k); return ok })
		},
		func(store) any {
			s := bounded()
			defer s.Close()
			s.Set(k, v, d)
			return kept(s)
		},
		same(d),
	}, {
		func(expirableLRU) any {
			c := expirable.NewLRU[string, int](n, nil, 0)
			c.Add(k, v)
			return lasts(func() bool { _, ok := c.Get(k); return ok })
		},
		func(s store) any { s.Set(k, v, 0); return kept(s) },
		same(forever),
	}, {
		func(c expirableLRU) any {
			c.Add(k, v)
			return lasts(func() bool { _, ok := c.Get(k); return ok })
		},
		func(s store) any {
			s.Set(k, v, d)
			return lasts(func() bool { _, ok := s.Get(k); return ok })
		},
		same(d),
	}, {
		func(c expirableLRU) any {
			c.Add(k, v)
			time.Sleep(d / 2)
			c.Add(k, 2)
			return lasts(func() bool { _, ok := c.Get(k); return ok })
		},
		func(s store) any {
			s.Set(k, v, d)
			time.Sleep(d / 2)
			s.Set(k, 2, d)
			return kept(s)
		},
		same(d),
	}, {
		func(c expirableLRU) any { expireFirst(c); return c.Contains("first") },
		func(s store) any {
			s.Set("first", v, d)
			time.Sleep(d + 1)
			_, ok := s.GetLastModified("first")
			return ok
		},
		differ(true, false),
	}, {
		func(c expirableLRU) any { expireFirst(c); return c.Values() },
		func(s store) any {
			s.Set("first", v, d)
			time.Sleep(d / 200)
			s.Set("second", v, d)
			time.Sleep(d - d/200)
			var values []int
			for _, e := range s.All() {
				values = append(values, e.Value)
			}
			return values
		},
		differ([]int{v, 0}, []int{v}),
	}, {
		func(c expirableLRU) any { expireFirst(c); return []any{c.Remove("first"), c.Len()} },
		func(s store) any {
			s.Set("first", v, d)
			time.Sleep(d / 200)
			s.Set("second", v, d)
			time.Sleep(d - d/200)
			ok, _ := s.Delete("first")
			return []any{ok, s.Len()}
		},
		differ([]any{true, 1}, []any{false, 1}),
	},
}

// expireFirst adds "first" and "second" to c, and returns when the deadline of
// first has passed, at a moment at which c still holds it.
func expireFirst(c expirableLRU) {
	c.Add("first", v)
	time.Sleep(d / 200)
	c.Add("second", v)
	time.Sleep(d - d/200 + 1)
}
