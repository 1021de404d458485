package compare

import (
	"time"

	"github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// outlived merges an older entry after a newer one of its key has expired: it is
// rejected, as it would be had it arrived in time, while the newer one's removal is
// remembered, and stored when it is not.
func outlived(g gomega.Gomega, e Engine) {
	for limit, remembered := range map[int]bool{10: true, 1: true, 0: false} {
		mergedTooLate(g, e.Strings(0, lastmodstore.RemovalLog(limit)), remembered, func(stringStore) {})
		mergedTooLate(g, e.Strings(0, lastmodstore.RemovalLog(limit)), remembered, func(s stringStore) { s.Cleanup() })
	}
}

func mergedTooLate(g gomega.Gomega, s stringStore, remembered bool, sweep func(stringStore)) {
	defer s.Close()
	now := time.Now()
	older := entry{Value: 1, LastModified: now.Add(-time.Hour)}
	newer := entry{Value: 2, LastModified: now.Add(-time.Minute), TTL: ttl1, ExpiresAt: now.Add(ttl1)}
	between := entry{Value: 3, LastModified: now.Add(-time.Second)}
	g.Expect(s.Merge("a", newer)).To(gomega.BeTrue())
	time.Sleep(ttl1)
	sweep(s)
	g.Expect(s.Merge("a", older)).To(gomega.Equal(!remembered))
	g.Expect(s.Merge("a", between)).To(gomega.BeTrue(), "it is newer than the one that expired")
	g.Expect(s.Delete("a")).To(gomega.BeTrue())
}

// clearedExpired clears a store of which half has expired, unswept.
func clearedExpired(g gomega.Gomega, e Engine) {
	s := e.Strings(0)
	defer s.Close()
	g.Expect(s.SetMany(map[string]int{"a": 1, "b": 2}, ttl1)).To(gomega.Succeed())
	g.Expect(s.SetMany(map[string]int{"c": 1, "d": 2}, lastmodstore.NoExpiry)).To(gomega.Succeed())
	time.Sleep(ttl1)
	g.Expect(s.Clear()).To(gomega.Succeed())
	g.Expect(s.Stats().Expirations).To(gomega.BeEquivalentTo(2))
}

// endOfTime gives entries TTLs whose deadlines lie around the last instant that a
// time can have.
func endOfTime(g gomega.Gomega, e Engine) {
	last := time.Unix(0, 1<<63-1)
	s := e.Strings(0)
	defer s.Close()
	for _, c := range []struct {
		ttl   time.Duration
		never bool
	}{{-1, false}, {0, true}, {1, true}, {time.Hour, true}} {
		g.Expect(s.Set("a", 1, time.Until(last)+c.ttl)).To(gomega.Succeed())
		got, ok := s.GetEntry("a")
		g.Expect(ok).To(gomega.BeTrue())
		g.Expect(got.ExpiresAt.IsZero()).To(gomega.Equal(c.never), "%v from the end", c.ttl)
		g.Expect(got.TTL == lastmodstore.NoExpiry).To(gomega.Equal(c.never), "%v from the end", c.ttl)
	}
}
