package mutexstore

import (
	"cmp"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/seam"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A testReplica is a store as package replicated uses it.
type testReplica[V any] struct {
	engine.Replica[int, V]
	store *Store[int, V]
	line  *timeline.Timeline
	now   int64
}

func openReplica[V any](tb testing.TB, opened int64, c config.Config) *testReplica[V] {
	c.Deterministic, c.Line = true, timeline.StartReplayed(opened)
	s := New[int, V](0, func(settings *config.Config) { *settings = c })
	tb.Cleanup(func() { s.Close() })
	shard, _, _ := seam.Shard[int](s)
	r := &testReplica[V]{shard.(engine.Replica[int, V]), s, c.Line, opened}
	r.OrderKeys(cmp.Compare[int])
	return r
}

// tick begins the next write, one nanosecond later.
func (r *testReplica[V]) tick() {
	r.now++
	r.line.Advance(r.now)
}

func (r *testReplica[V]) set(tb testing.TB, key int, value V, ttl time.Duration) {
	r.tick()
	if err := r.Set(r.Hash(key), key, value, ttl); err != nil {
		tb.Fatal(err)
	}
}

func (r *testReplica[V]) delete(tb testing.TB, key int) {
	r.tick()
	if ok, err := r.Delete(r.Hash(key), key); !ok || err != nil {
		tb.Fatal(ok, err)
	}
}

// imageOf returns the image of a replica.
func imageOf[V any](r interface {
	Capture(*table.Capture[int, V]) bool
}) table.Image[int, V] {
	var c table.Capture[int, V]
	for !r.Capture(&c) {
		c.Reserve()
	}
	image := c.Rest
	image.Entries = slices.Collect(c.Entries())
	return image
}

// 6: the times of an entry are those of the log.
func TestAReplicasWritesHappenAtTheLogTime(t *testing.T) {
	g := NewWithT(t)
	r := openReplica[int](t, 1000, config.Config{})
	r.line.Advance(5000)
	g.Expect(r.Set(r.Hash(1), 1, 1, time.Hour)).To(Succeed())
	image := imageOf(r)
	g.Expect(image.Entries).To(HaveLen(1))
	g.Expect(image.Entries[0].Modified).To(BeEquivalentTo(5000))
	g.Expect(image.Entries[0].Deadline).To(Equal(5000 + int64(time.Hour)))
	_, err := r.Merge(r.Hash(2), 2, lastmodstore.Entry[int]{LastModified: time.Unix(0, 3)})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(imageOf(r).Merges).To(BeEquivalentTo(5000))
	g.Expect(imageOf(r).Last).To(BeEquivalentTo(5001), "the merge arrived out of order")
}

func TestAReplicaSweepsOnlyWhenItIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		line := timeline.StartReplayed(0)
		s := New[int, int](time.Millisecond, func(c *config.Config) { c.Deterministic, c.Line = true, line })
		defer s.Close()
		r := shard[int, int]{s}
		r.OrderKeys(cmp.Compare[int])
		g.Expect(r.NextDeadline()).To(Equal(int64(timeline.Never)))
		for key := range 5 {
			g.Expect(r.Set(r.Hash(key), key, 0, 10)).To(Succeed())
		}
		g.Expect(r.NextDeadline()).To(BeEquivalentTo(10))
		removed, more := r.SweepStep(3)
		g.Expect(removed).To(BeZero(), "by the log, nothing has expired")
		g.Expect(more).To(BeFalse())
		line.Advance(10)
		time.Sleep(time.Second)
		g.Expect(s.Len()).To(Equal(5))
		removed, more = r.SweepStep(3)
		g.Expect(removed).To(Equal(3))
		g.Expect(more).To(BeTrue())
		g.Expect(imageOf(r).Entries[0].Key).To(Equal(3), "the first keys went first")
		removed, more = r.SweepStep(3)
		g.Expect(removed).To(Equal(2))
		g.Expect(more).To(BeFalse())
		g.Expect(r.NextDeadline()).To(Equal(int64(timeline.Never)))
	})
}

// Otherwise a replica would propose a sweep for each renewed entry.
func TestNextDeadlineIsNotThatOfARenewedEntry(t *testing.T) {
	g := NewWithT(t)
	r := openReplica[int](t, 0, config.Config{})
	for key := range 100 {
		r.set(t, key, 0, 10)
		r.set(t, key, 0, 100*365*24*time.Hour)
	}
	g.Expect(r.NextDeadline()).To(BeNumerically(">", time.Now().UnixNano()))
}

func TestARestoredReplicaEqualsTheOriginal(t *testing.T) {
	g := NewWithT(t)
	c := config.Config{RemovalLog: 3, MaxEntries: 50}
	from, to := openReplica[int](t, 0, c), openReplica[int](t, 0, c)
	to.set(t, 1000, 1, 0)
	for key := range 70 {
		from.set(t, key, key, time.Duration(1+key%2)*time.Hour)
	}
	image := imageOf(from)
	to.Restore(image)
	g.Expect(imageOf(to)).To(Equal(image))
	to.now = from.now
	for key := range 30 {
		from.set(t, key, 0, time.Hour)
		to.set(t, key, 0, time.Hour)
	}
	g.Expect(imageOf(to)).To(Equal(imageOf(from)))
	g.Expect(imageOf(to)).NotTo(Equal(image))
}
