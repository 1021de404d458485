package migration

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Yiling-J/theine-go"
	"github.com/jellydator/ttlcache/v3"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// untilExpired is the TTL of these tests: it ends between two sweeps of theine, which
// sweeps once a second.
const untilExpired = 1500 * time.Millisecond

// In theine, a Set without a TTL keeps the deadline of the entry that it finds, even one
// that has expired: then the new value is absent as well. Here it is an insertion.
func TestOverwritingAnExpiredEntryWithoutATTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		c, err := theine.NewBuilder[string, int](100).Build()
		g.Expect(err).NotTo(HaveOccurred())
		defer c.Close()
		s := mutexstore.New[string, int](0)
		defer s.Close()
		g.Expect(c.SetWithTTL(k, 1, 1, untilExpired)).To(BeTrue())
		g.Expect(s.Set(k, 1, untilExpired)).To(Succeed())
		time.Sleep(untilExpired - time.Nanosecond)
		_, ok := c.Get(k)
		g.Expect(ok).To(BeTrue())
		time.Sleep(time.Nanosecond)
		_, ok = c.Get(k)
		g.Expect(ok).To(BeFalse(), "at the deadline")
		g.Expect(c.Set(k, 2, 1)).To(BeTrue())
		g.Expect(s.Set(k, 2, 0)).To(Succeed())
		_, ok = c.Get(k)
		g.Expect(ok).To(BeFalse())
		value, ok := s.Get(k)
		g.Expect(ok).To(BeTrue())
		g.Expect(value).To(Equal(2))
	})
}

// In theine, a Set without a TTL keeps the deadline of a present entry.
func TestASetWithoutATTLInTheineKeepsTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		c, err := theine.NewBuilder[string, int](100).Build()
		g.Expect(err).NotTo(HaveOccurred())
		defer c.Close()
		c.SetWithTTL(k, 1, 1, untilExpired)
		c.Set(k, 2, 1)
		value, ok := c.Get(k)
		g.Expect(ok).To(BeTrue())
		g.Expect(value).To(Equal(2))
		time.Sleep(untilExpired)
		_, ok = c.Get(k)
		g.Expect(ok).To(BeFalse())
	})
}

// In ttlcache, a Set over an item that has expired and was not removed yet is an update.
func TestOverwritingAnExpiredItemInTTLCacheIsAnUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		c := ttlcache.New[string, int]()
		l := newList()
		c.OnInsertion(func(_ context.Context, i *ttlcache.Item[string, int]) { l.add("inserted", i.Value()) })
		c.OnUpdate(func(_ context.Context, i *ttlcache.Item[string, int]) { l.add("updated", i.Value()) })
		c.OnEviction(func(_ context.Context, _ ttlcache.EvictionReason, i *ttlcache.Item[string, int]) {
			l.add("evicted", i.Value())
		})
		c.Set(k, 1, d)
		g.Expect(l.sorted()).To(Equal("inserted 1"))
		time.Sleep(2 * d)
		g.Expect(c.Has(k)).To(BeFalse())
		c.Set(k, 2, d)
		g.Expect(l.sorted()).To(Equal("updated 2"))
	})
}
