package table

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/internal/config"
)

func TestIndexGrowsAndShrinksByOneBucketAtATime(t *testing.T) {
	f := newFixture(t, config.Config{})
	buckets := 1
	step := func(i int) {
		n := len(f.t.index.buckets)
		f.Expect(n).To(BeNumerically("~", buckets, 1))
		if buckets = n; i%500 == 0 {
			f.t.check(t)
		}
	}
	const n = 20_000
	for key := range n {
		f.set(key, 0, 1)
		step(key)
	}
	f.Expect(buckets).To(BeNumerically(">=", n/bucketMean))
	for key := range n {
		f.del(key, 1)
		step(key)
	}
	f.t.check(t)
	f.Expect(f.t.Len()).To(BeZero())
	f.Expect(f.t.index.buckets).To(HaveLen(1))
	f.Expect(f.t.index.buckets[0].cells).To(HaveLen(minCells))
	f.Expect(cap(f.t.index.buckets)).To(BeNumerically("<", 64))
}

func TestSweptTableGivesMemoryBack(t *testing.T) {
	f := newFixture(t, config.Config{MaxEntries: 100_000})
	const n = 100_000
	for key := range n {
		f.set(key, 1000, 1)
	}
	f.t.check(t)
	removed, steps := 0, 0
	for more := true; more; steps++ {
		var r int
		r, more = f.t.Sweep(1001, 1001)
		f.Expect(r).To(BeNumerically("<=", SweepLimit))
		removed += r
	}
	f.Expect(removed).To(Equal(n))
	f.Expect(steps).To(BeNumerically("<=", n/SweepLimit+1))
	f.t.check(t)
	f.Expect(f.t.index.buckets).To(HaveLen(1))
	f.Expect(f.t.index.buckets[0].cells).To(HaveLen(minCells))
	for name, have := range map[string][2]int{
		"slots": {len(f.t.slots.chunks), cap(f.t.slots.chunks)},
		"marks": {len(f.t.marks.chunks), cap(f.t.marks.chunks)},
		"heap":  {len(f.t.heap.chunks), cap(f.t.heap.chunks)},
	} {
		f.Expect(have[0]).To(BeNumerically("<=", 2), name)
		f.Expect(have[1]).To(BeNumerically("<", 64), name)
	}
}

func TestClearGivesMemoryBack(t *testing.T) {
	f := newFixture(t, config.Config{})
	for key := range 5000 {
		f.set(key, 1000, 1)
	}
	f.t.Clear(2000)
	f.t.check(t)
	f.Expect(f.t.Len()).To(BeZero())
	f.Expect(f.t.index.buckets).To(HaveLen(1))
	f.Expect(f.t.slots.chunks).To(BeEmpty())
	f.Expect(f.has(1, 1)).To(BeFalse())
	f.set(1, 0, 1)
	f.t.check(t)
	f.Expect(f.t.slots.at(0).modified).To(BeEquivalentTo(5002), "Clear must not set the version back")
}

func TestChunkedGivesChunksBack(t *testing.T) {
	g := NewWithT(t)
	c := newChunked[int]()
	const n = 100 << maxChunkBits
	var first *int
	for i := range n {
		g.Expect(c.push()).To(BeEquivalentTo(i))
		*c.at(uint32(i)) = i + 1
		if i == 0 {
			first = c.at(0)
		}
	}
	g.Expect(c.chunks).To(HaveLen(100))
	g.Expect(c.at(0)).To(BeIdenticalTo(first), "growing must not move an element")
	for i := n - 1; i >= 0; i-- {
		if got := *c.at(uint32(i)); got != i+1 {
			t.Fatalf("element %d is %d", i, got)
		}
		c.pop()
		c.check(t, "chunked")
	}
	g.Expect(cap(c.chunks)).To(BeNumerically("<", 64))
}

func TestChunkedAtABoundaryAllocatesNothing(t *testing.T) {
	g := NewWithT(t)
	c := newChunked[int]()
	for range 10<<maxChunkBits + 1 {
		c.push()
	}
	g.Expect(testing.AllocsPerRun(100, func() {
		c.pop()
		c.pop()
		c.push()
		c.push()
	})).To(BeZero())
}

// 4: a large element has a chunk of its own, and an empty store keeps none.
func TestChunksHaveASizeInBytes(t *testing.T) {
	g := NewWithT(t)
	large := newChunked[[1 << 20]byte]()
	large.push()
	g.Expect(large.chunks[0]).To(HaveLen(1))
	large.pop()
	g.Expect(large.chunks).To(BeEmpty())
	large.check(t, "large")

	middle := newChunked[[1000]byte]()
	middle.push()
	g.Expect(middle.chunks[0]).To(HaveLen(4))
	small := newChunked[byte]()
	small.push()
	g.Expect(small.chunks[0]).To(HaveLen(64))
}
