package migration

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/dgraph-io/ristretto/v2"
	"github.com/hashicorp/golang-lru/v2/expirable"
	"github.com/jellydator/ttlcache/v3"
	"github.com/maypok86/otter/v2"
	"github.com/patrickmn/go-cache"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// The page: which libraries still return an entry at the very instant of its
// deadline.
func TestAtTheInstantOfTheDeadline(t *testing.T) {
	for name, row := range map[string]struct {
		opened  func(t *testing.T) (get func() bool) // and k stored, with the TTL d
		present bool
	}{
		"lastmodstore": {func(t *testing.T) func() bool {
			s := mutexstore.New[string, int](0)
			t.Cleanup(func() { s.Close() })
			s.Set(k, v, d)
			return func() bool { _, ok := s.Get(k); return ok }
		}, false},
		"otter": {func(t *testing.T) func() bool {
			c := openOtter(otter.ExpiryWriting[string, int](d))
			t.Cleanup(func() { c.StopAllGoroutines() })
			c.Set(k, v)
			return func() bool { _, ok := c.GetIfPresent(k); return ok }
		}, false},
		"go-cache": {func(*testing.T) func() bool {
			c := cache.New(d, 0)
			c.Set(k, v, d)
			return func() bool { _, ok := c.Get(k); return ok }
		}, true},
		"ttlcache": {func(*testing.T) func() bool {
			c := ttlcache.New(ttlcache.WithTTL[string, int](d))
			c.Set(k, v, d)
			return func() bool { return c.Has(k) }
		}, true},
		"expirable": {func(t *testing.T) func() bool {
			c := expirable.NewLRU(0, stop, d)
			t.Cleanup(func() { c.Add(last, v); time.Sleep(2 * d) })
			c.Add(k, v)
			go func() { // what is cleaned up together waits for the latest: k is not removed at its deadline
				time.Sleep(d / 200)
				c.Add("later", v)
			}()
			return func() bool { _, ok := c.Get(k); return ok }
		}, true},
		"ristretto": {func(t *testing.T) func() bool {
			c := openRistretto(ristretto.Config[string, int]{MaxCost: 100})
			t.Cleanup(c.Close)
			c.SetWithTTL(k, v, 1, d)
			c.Wait()
			return func() bool { _, ok := c.Get(k); return ok }
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				get := row.opened(t)
				time.Sleep(d - time.Nanosecond)
				g.Expect(get()).To(BeTrue())
				time.Sleep(time.Nanosecond)
				g.Expect(get()).To(Equal(row.present))
				time.Sleep(time.Nanosecond)
				g.Expect(get()).To(BeFalse())
			})
		})
	}
}
