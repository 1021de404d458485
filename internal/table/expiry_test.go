package table

import (
	"math"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

func (f *fixture) touch(key int, ttl time.Duration, now int64) {
	f.TB.Helper()
	ok, err := f.t.Touch(hashOf(key), key, ttl, now)
	must(f.TB, "Touch", err, nil)
	must(f.TB, "Touch", ok, true)
	f.t.check(f.TB)
}

// heapItems returns the key and the deadline of each item, in the heap's order.
func (f *fixture) heapItems() (items [][2]int64) {
	for p := range f.t.heap.n {
		d := f.t.heap.at(p)
		items = append(items, [2]int64{int64(f.t.slots.at(d.slot).key), d.deadline})
	}
	return items
}

func TestEntryIsAbsentFromTheInstantItsTTLHasElapsed(t *testing.T) {
	f := newFixture(t, config.Config{})
	f.set(1, 10, 100)
	f.Expect(f.has(1, 109)).To(BeTrue())
	f.Expect(f.has(1, 110)).To(BeFalse())
	f.Expect(f.t.Len()).To(Equal(1))
	removed, more := f.t.Sweep(109, 109)
	f.Expect(removed).To(BeZero())
	f.Expect(more).To(BeFalse())
	removed, more = f.t.Sweep(110, 110)
	f.Expect(removed).To(Equal(1))
	f.Expect(more).To(BeFalse())
}

func TestOverflowingDeadlineNeverExpires(t *testing.T) {
	f := newFixture(t, config.Config{})
	f.set(1, math.MaxInt64, 100)
	f.set(2, 50, 100)
	f.touch(2, math.MaxInt64-50, 100)
	f.set(3, math.MaxInt64-101, 100) // the latest possible deadline
	f.t.check(t)
	f.Expect(f.t.heap.n).To(BeEquivalentTo(1))
	removed, _ := f.t.Sweep(math.MaxInt64-2, math.MaxInt64-2)
	f.Expect(removed).To(BeZero())
	removed, _ = f.t.Sweep(math.MaxInt64-1, math.MaxInt64-1)
	f.Expect(removed).To(Equal(1))
	for _, key := range []int{1, 2} {
		e, ok := f.t.GetEntry(hashOf(key), key, math.MaxInt64-1)
		f.Expect(ok).To(BeTrue())
		f.Expect(e.ExpiresAt.IsZero()).To(BeTrue())
		f.Expect(e.TTL).To(Equal(lastmodstore.NoExpiry))
	}
}

func TestRenewingDoesNotChangeTheHeap(t *testing.T) {
	f := newFixture(t, config.Config{})
	for key := range 30 {
		f.set(key, time.Duration(100+key), 1)
	}
	before := f.heapItems()
	for key := range 30 {
		f.touch(key, time.Duration(1000-key), 2)
		f.set(key, time.Duration(2000-key), 3)
	}
	f.touch(7, lastmodstore.KeepTTL, 4)
	f.t.check(t)
	f.Expect(f.heapItems()).To(Equal(before))
	removed, more := f.t.Sweep(500, 500)
	f.Expect(removed).To(BeZero())
	f.Expect(more).To(BeFalse())
	f.t.check(t)
	f.Expect(f.heapItems()[0]).To(Equal([2]int64{29, 3 + 2000 - 29}), "the sweep fixes it up")
}

func TestShorteningMovesTheHeapItem(t *testing.T) {
	f := newFixture(t, config.Config{})
	for key := range 30 {
		f.set(key, time.Duration(100+key), 1)
	}
	f.touch(29, 10, 1)
	f.Expect(f.heapItems()[0]).To(Equal([2]int64{29, 11}))
	removed, _ := f.t.Sweep(11, 11)
	f.Expect(removed).To(Equal(1))
	f.Expect(f.has(29, 11)).To(BeFalse())
	f.touch(5, lastmodstore.NoExpiry, 11)
	f.Expect(f.t.heap.n).To(BeEquivalentTo(28))
	f.touch(6, 500, 12) // postponed, then advanced, but not to before the item's deadline
	f.touch(6, 300, 12)
	f.Expect(f.t.slots.at(f.t.find(hashOf(6), 6)).deadline).To(BeEquivalentTo(312))
	f.Expect(f.heapItems()).To(ContainElement([2]int64{6, 107}))
}

// A sweep step counts the items that it fixes up, so that renewed entries do not make
// it long.
func TestSweepStepIsBoundedAmongRenewedEntries(t *testing.T) {
	f := newFixture(t, config.Config{})
	const n = 10 * SweepLimit
	for key := range n {
		f.set(key, 10, 1)
		f.set(key, 1000, 2)
	}
	steps := 1
	for removed, more := f.t.Sweep(500, 500); more; removed, more = f.t.Sweep(500, 500) {
		f.Expect(removed).To(BeZero())
		f.t.check(t)
		steps++
	}
	f.Expect(steps).To(BeNumerically(">=", 10))
	f.Expect(steps).To(BeNumerically("<=", 12))
	f.Expect(f.t.Len()).To(Equal(n))
}

func TestMergedExpiryBeyondTheTimelineNeverExpires(t *testing.T) {
	f := newFixture(t, config.Config{})
	e := lastmodstore.Entry[int]{LastModified: f.t.line.Time(1), TTL: 5, ExpiresAt: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
	ok, err := f.t.Merge(hashOf(1), 1, e, 1)
	f.Expect(ok, err).To(BeTrue())
	f.t.check(t)
	f.Expect(f.t.slots.at(0).deadline).To(Equal(int64(timeline.Never)))
	f.Expect(f.t.slots.at(0).ttl()).To(BeZero())
}

func TestAnInsertionRemovesTwoExpiredEntries(t *testing.T) {
	f := newFixture(t, config.Config{})
	for key := range 10 {
		f.set(key, 1, 0)
	}
	for n := range 4 {
		f.set(100+n, 1000, 1)
		f.Expect(f.t.Len()).To(Equal(10 - (n + 1)))
		f.t.check(t)
	}
	f.set(100, 1000, 1)
	f.Expect(f.t.Len()).To(Equal(6), "not an insertion")
}
