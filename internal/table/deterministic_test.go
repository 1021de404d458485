package table

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
)

// 24: a watcher that begins before the first write receives it, even if that happens at
// the time at which the log was created.
func TestTheFirstWriteIsLaterThanTheOpening(t *testing.T) {
	g := NewWithT(t)
	r := newReplica(config.Config{Deterministic: true, RemovalLog: 5}, 0)
	feed := NewFeed[int, int](r.line, time.Unix(0, 1))
	r.t.Watch(&feed, historyOpened)
	g.Expect(feed.Next(r.line).Kind).To(Equal(lastmodstore.Resync))
	r.apply(&command{name: "Set", now: historyOpened, key: 1})
	r.t.Watch(&feed, historyOpened)
	g.Expect(feed.HasNext()).To(BeTrue())
	g.Expect(feed.Next(r.line).Key).To(Equal(1))
}

func TestADeterministicTableNeedsAnOrderOfItsKeys(t *testing.T) {
	g := NewWithT(t)
	r := newReplica(config.Config{Deterministic: true}, 0)
	tab := open[int, int](r.line, config.Config{Deterministic: true})
	merge := func(key int) {
		e := lastmodstore.Entry[int]{LastModified: time.Unix(0, 5), TTL: 7, ExpiresAt: time.Unix(0, 2*historyOpened)}
		tab.Merge(hashOf(key), key, e, historyOpened)
	}
	merge(1)
	g.Expect(func() { merge(2) }).To(PanicWith(ContainSubstring("call OrderKeys")))
}

// Entries that expire at the same instant are removed by time of modification, then by
// key, and a sweep counts only them.
func TestEntriesExpireInATotalOrder(t *testing.T) {
	g := NewWithT(t)
	r := newReplica(config.Config{Deterministic: true, RemovalLog: 50}, 0)
	now := int64(historyOpened)
	set := func(key int, ttl time.Duration) {
		now++
		g.Expect(r.apply(&command{name: "Set", now: now, key: key, ttl: ttl}).err).NotTo(HaveOccurred())
	}
	merge := func(key int) {
		e := lastmodstore.Entry[int]{LastModified: time.Unix(0, 5), TTL: 7, ExpiresAt: time.Unix(0, historyOpened+1000)}
		g.Expect(r.apply(&command{name: "Merge", now: now, key: key, entry: e}).ok).To(BeTrue())
	}
	for key := range 20 { // renewed, so that the sweep must fix up their items
		set(100+key, 10)
		set(100+key, time.Hour)
	}
	for _, key := range []int{7, 3, 9, 1} {
		merge(key)
	}
	for _, key := range []int{6, 5, 8} {
		set(key, time.Duration(historyOpened+1000-now-1))
	}
	set(6, lastmodstore.KeepTTL) // is the last to have been modified, and so the last to expire
	var expired []int
	for more := true; more; {
		got := r.apply(&command{name: "SweepStep", now: now + 2000, limit: 2})
		g.Expect(got.n).To(BeNumerically("<=", 2))
		for _, e := range got.removed {
			expired = append(expired, e.Key)
		}
		more = got.more
	}
	g.Expect(expired).To(Equal([]int{1, 3, 7, 9, 5, 8, 6}))
	r.t.check(t)
}
