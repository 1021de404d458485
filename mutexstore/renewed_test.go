package mutexstore

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// 1, 15: a key that is always renewed before its deadline is never absent, even if
// the deadline that a reader has found passes before the reader reads the clock.
func TestReadersFindKeysThatAreRenewedInTime(t *testing.T) {
	type large [1 << 14]byte // so that a read takes longer than a renewal
	const renewals, step, ttl = 10_000, 20 * time.Second, 30 * time.Second
	var wall atomic.Int64
	wall.Store(time.Now().UnixNano())
	s := New[int, large](0, lastmodstore.Option(func(c *config.Config) {
		c.Line = timeline.StartBy(wall.Load)
	}))
	defer s.Close()
	s.Set(1, large{}, ttl)
	finds := func(name string, read func() bool) func(*rand.Rand) {
		return func(*rand.Rand) {
			if !t.Failed() && !read() {
				t.Errorf("%s: a key was absent although it was renewed before it expired", name)
			}
		}
	}
	get := finds("Get", func() bool { _, ok := s.Get(1); return ok })
	getEntry := finds("GetEntry", func() bool { _, ok := s.GetEntry(1); return ok })
	hammer(func() {
		for range renewals {
			if ok, _ := s.Touch(1, ttl); !ok {
				t.Error("the key has expired")
			}
			wall.Add(int64(step))
			s.line.Catch()
			for range 8 { // while no renewal is in progress, for which a reader would wait
				get(nil)
			}
		}
	}, get, getEntry)
}
