package main

import (
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
)

// A cache is a policy, or a store that is used as a cache.
type cache interface {
	get(key uint32) bool
	set(key uint32)
}

// A column is one policy or store.
type column struct {
	name string
	open func(capacity int) (cache, error)
}

func policy(name string, open func(capacity int) cache) column {
	return column{name, func(capacity int) (cache, error) { return open(capacity), nil }}
}

// windowed returns a sieve with a window of a hundredth.
func windowed(capacity, ghosts int) *sieve {
	s := newSieve(capacity)
	s.window, s.rewrites = max(1, capacity/100), true
	if ghosts > 0 {
		s.ghosts = newGhosts(ghosts)
	}
	return s
}

func policies() []column {
	return []column{
		policy("SIEVE", func(c int) cache { return newSieve(c) }),
		policy("S3-FIFO", func(c int) cache { return newS3FIFO(c) }),
		policy("ghosts", func(c int) cache {
			s := newSieve(c)
			s.ghosts, s.rewrites = newGhosts(c), true
			return s
		}),
		policy("window", func(c int) cache { return windowed(c, 0) }),
		policy("window, ghosts", func(c int) cache { return windowed(c, c) }),
		policy("window, ghosts/4", func(c int) cache { return windowed(c, c/4) }),
		policy("window, sketch", func(c int) cache {
			s := windowed(c, 0)
			s.sketch = newSketch(c)
			return s
		}),
	}
}

// stores returns columns of implementations of the comparison.
func stores(names ...string) ([]column, error) {
	implementations, err := implementation.Choose(names)
	var columns []column
	for _, im := range implementations {
		columns = append(columns, column{im.Name, func(capacity int) (cache, error) {
			s, err := im.Small(implementation.Options{TTL: ttl, MaxEntries: capacity})
			return stored{s}, err
		}})
	}
	return columns, err
}

// ttl is so long that nothing expires.
const ttl = time.Hour

type stored struct{ s implementation.Store[int] }

func (c stored) get(key uint32) bool {
	_, ok := c.s.Get(name(key))
	return ok
}

func (c stored) set(key uint32) { c.s.Set(name(key), 0, ttl) }

func (c stored) close() {
	if s, ok := c.s.(implementation.Closer); ok {
		s.Close()
	}
}

func name(key uint32) string { return fmt.Sprintf("key-%08d", key) }

// ratio returns the hits of a cache, in percent of the reads of t.
func ratio(c column, t trace) (float64, error) {
	x, err := c.open(t.capacity)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", c.name, err)
	}
	if s, ok := x.(stored); ok {
		defer s.close()
	}
	hits, reads := use(x, t)
	if t.isWarm {
		hits, reads = use(x, t)
	}
	return 100 * float64(hits) / float64(reads), nil
}

func use(c cache, t trace) (hits, reads int) {
	for i, key := range t.keys {
		if t.writes != nil && t.writes[i] {
			c.set(key)
			continue
		}
		reads++
		if c.get(key) {
			hits++
		} else {
			c.set(key)
		}
	}
	return hits, reads
}
