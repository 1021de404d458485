package table

import (
	"math/rand/v2"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/internal/config"
)

func TestMergeInsertsInOrderOfTime(t *testing.T) {
	const n = 300
	for seed := range uint64(5) {
		f := newFixture(t, config.Config{})
		for i, key := range rand.New(rand.NewPCG(seed, 2)).Perm(n) {
			f.Expect(f.merge(key, int64(key), n)).To(BeTrue())
			f.Expect(f.t.slots.at(f.t.mergeHint).key).To(Equal(key), "the hint follows")
			if i%7 == 0 {
				f.t.check(t)
			}
		}
		f.t.check(t)
		f.Expect(f.order()).To(Equal(span(0, n-1)))
	}
}

func TestMergeHintFollowsAStreamInOrder(t *testing.T) {
	f := newFixture(t, config.Config{})
	for key := range 100 {
		f.set(key, 0, int64(10*key)) // 0, 10, 20 and so on
	}
	for key := 100; key < 200; key++ {
		f.Expect(f.merge(key, int64(10*(key-100)+5), 1000)).To(BeTrue())
		s := f.t.slots.at(f.t.mergeHint)
		f.Expect(s.key).To(Equal(key))
		f.Expect(f.t.slots.at(f.t.slots.links.at(f.t.mergeHint).prev).key).To(Equal(key - 100))
		f.t.check(t)
	}
}

func TestMergeHintMovesToANeighborWhenItsEntryLeaves(t *testing.T) {
	f := newFixture(t, config.Config{})
	for key := range 20 {
		f.set(key, 0, int64(10*key))
	}
	f.merge(100, 55, 1000)
	f.del(100, 1000)
	f.t.check(t)
	f.Expect(f.t.slots.at(f.t.mergeHint).key).To(Equal(5), "the entry before")
	f.set(5, 0, 1000)
	f.Expect(f.t.slots.at(f.t.mergeHint).key).To(Equal(4))
	for key := range 5 {
		f.del(key, 1000)
	}
	f.Expect(f.t.slots.at(f.t.mergeHint).key).To(Equal(6), "the entry after, since none is before")
	f.merge(101, 57, 1000)
	f.t.check(t)
	f.Expect(f.order()[:2]).To(Equal([]int{101, 6}))
}

func TestMergeMovesAPresentEntryInTheOrder(t *testing.T) {
	f := newFixture(t, config.Config{})
	for key := range 10 {
		f.set(key, 0, int64(10*key))
	}
	f.Expect(f.merge(2, 20, 1000)).To(BeFalse(), "not newer")
	f.Expect(f.merge(2, 75, 1000)).To(BeTrue())
	f.Expect(f.order()).To(Equal([]int{0, 1, 3, 4, 5, 6, 7, 2, 8, 9}))
	f.Expect(f.merge(9, 500, 1000)).To(BeTrue())
	f.Expect(f.merge(0, 400, 1000)).To(BeTrue())
	f.Expect(f.order()).To(Equal([]int{1, 3, 4, 5, 6, 7, 2, 8, 0, 9}))
	f.t.check(t)
}

func TestLaterModificationsComeAfterMergedOnes(t *testing.T) {
	f := newFixture(t, config.Config{})
	f.merge(1, 500, 100)
	f.set(2, 0, 101)
	f.Expect(f.t.slots.at(f.t.tail).modified).To(BeEquivalentTo(501))
	f.del(2, 101)
	f.set(2, 0, 101)
	f.Expect(f.t.slots.at(f.t.tail).modified).To(BeEquivalentTo(503), "the removal has a time of its own")
	f.set(3, 0, 600)
	f.Expect(f.t.slots.at(f.t.tail).modified).To(BeEquivalentTo(600))
}

func TestSIEVESparesEntriesThatWereRead(t *testing.T) {
	f := newFixture(t, config.Config{MaxEntries: 5})
	for key := range 5 {
		f.set(key, 0, int64(key))
	}
	for _, key := range []int{0, 1, 3} {
		f.has(key, 5)
	}
	for i, want := range [][]int{{0, 1, 3, 4, 10}, {0, 1, 3, 10, 11}, {0, 1, 3, 11, 12}, {0, 1, 3, 12, 13}} {
		f.set(10+i, 0, int64(10+i))
		f.t.check(t)
		f.Expect(f.order()).To(Equal(want))
	}
	f.has(13, 20)
	for i, want := range [][]int{
		{0, 1, 3, 13, 14}, // evicts 12, where the hand was
		{0, 1, 3, 13, 15}, // spares 13 and evicts 14, at the end of the order
		{1, 3, 13, 15, 16},
	} {
		f.set(14+i, 0, int64(20+i))
		f.t.check(t)
		f.Expect(f.order()).To(Equal(want))
	}
	f.Expect(f.t.Stats().Evictions).To(BeEquivalentTo(7))
}

func TestExpiredEntriesAreRemovedBeforeLiveOnesAreEvicted(t *testing.T) {
	f := newFixture(t, config.Config{MaxEntries: 4})
	f.set(0, 0, 0)
	f.set(1, 50, 1)
	f.set(2, 0, 2)
	f.set(3, 10, 3)
	f.has(1, 4)
	f.has(3, 4)
	f.set(4, 0, 60)
	f.set(5, 0, 61)
	f.t.check(t)
	f.Expect(f.order()).To(Equal([]int{0, 2, 4, 5}))
	s := f.t.Stats()
	f.Expect([]uint64{s.Expirations, s.Evictions}).To(Equal([]uint64{2, 0}))
	f.set(6, 0, 62)
	f.Expect(f.order()).To(Equal([]int{2, 4, 5, 6}))
}

func TestHandAdvancesWhenItsEntryLeaves(t *testing.T) {
	for name, leave := range map[string]func(*fixture){
		"deleted":  func(f *fixture) { f.del(2, 20) },
		"modified": func(f *fixture) { f.set(2, 0, 20) },
		"merged":   func(f *fixture) { f.merge(2, 20, 20) },
		"expired":  func(f *fixture) { f.touch(2, 1, 19); f.t.Sweep(20, 20) },
	} {
		f := newFixture(t, config.Config{MaxEntries: 4})
		for key := range 4 {
			f.set(key, 0, int64(key))
		}
		f.has(0, 5)
		f.set(4, 0, 6) // spares 0 and evicts 1, so the hand is at 2
		f.Expect(f.t.slots.at(f.t.hand).key).To(Equal(2), name)
		leave(f)
		f.t.check(t)
		f.Expect(f.t.slots.at(f.t.hand).key).To(Equal(3), name)
	}
}

func TestExpiredEntryIsFoundAlthoughEveryHeapItemIsOutdated(t *testing.T) {
	f := newFixture(t, config.Config{MaxEntries: 4})
	for key := range 4 {
		f.set(key, 10, int64(key))
		f.touch(key, 1000, int64(key))
	}
	f.touch(2, 50, 4)
	f.touch(2, 60, 4)
	f.set(4, 0, 100)
	f.t.check(t)
	f.Expect(f.order()).To(Equal([]int{0, 1, 3, 4}))
	f.Expect(f.t.Stats().Expirations).To(BeEquivalentTo(1))
}
