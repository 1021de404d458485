package compare

import (
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// outlived merges an older entry after a newer one of its key has expired: it is
// rejected, as if it had arrived in time, while the newer one's removal is remembered,
// and stored otherwise.
func outlived(t *tester) {
	for limit, remembered := range map[int]bool{10: true, 1: true, 0: false} {
		mergedTooLate(t, t.engine.Strings(0, lastmodstore.RemovalLog(limit)), remembered, func(stringStore) {})
		mergedTooLate(t, t.engine.Strings(0, lastmodstore.RemovalLog(limit)), remembered, func(s stringStore) { s.Cleanup() })
	}
}

func mergedTooLate(t *tester, s stringStore, remembered bool, sweep func(stringStore)) {
	defer s.Close()
	now := time.Now()
	older := entry{Value: 1, LastModified: now.Add(-time.Hour)}
	newer := entry{Value: 2, LastModified: now.Add(-time.Minute), TTL: ttl1, ExpiresAt: now.Add(ttl1)}
	between := entry{Value: 3, LastModified: now.Add(-time.Second)}
	t.Expect(s.Merge("a", newer)).To(BeTrue())
	time.Sleep(ttl1)
	sweep(s)
	t.Expect(s.Merge("a", older)).To(Equal(!remembered))
	t.Expect(s.Merge("a", between)).To(BeTrue(), "it is newer than the one that expired")
	t.Expect(s.Delete("a")).To(BeTrue())
}

// clearedExpired clears a store of which half has expired, unswept.
func clearedExpired(t *tester) {
	s := t.engine.Strings(0)
	defer s.Close()
	t.Expect(s.SetMany(map[string]int{"a": 1, "b": 2}, ttl1)).To(Succeed())
	t.Expect(s.SetMany(map[string]int{"c": 1, "d": 2}, lastmodstore.NoExpiry)).To(Succeed())
	time.Sleep(ttl1)
	t.Expect(s.Clear()).To(Succeed())
	t.Expect(s.Stats().Expirations).To(BeEquivalentTo(2))
}

// endOfTime gives entries TTLs whose deadlines lie around the last instant that a
// time can have.
func endOfTime(t *tester) {
	last := time.Unix(0, 1<<63-1)
	s := t.engine.Strings(0)
	defer s.Close()
	for _, c := range []struct {
		ttl   time.Duration
		never bool
	}{{-1, false}, {0, true}, {1, true}, {time.Hour, true}} {
		t.Expect(s.Set("a", 1, time.Until(last)+c.ttl)).To(Succeed())
		got, ok := s.GetEntry("a")
		t.Expect(ok).To(BeTrue())
		t.Expect(got.ExpiresAt.IsZero()).To(Equal(c.never), "%v from the end", c.ttl)
		t.Expect(got.TTL == lastmodstore.NoExpiry).To(Equal(c.never), "%v from the end", c.ttl)
	}
}
