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
		n := int(f.t.index.size)
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
	f.Expect(f.t.index.directory).To(HaveLen(1))
	f.Expect(f.t.index.directory[0].Load().cells).To(HaveLen(minCells))
}

func TestSweepReturnsMemory(t *testing.T) {
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
	f.Expect(f.t.index.directory).To(HaveLen(1))
	f.Expect(f.t.index.directory[0].Load().cells).To(HaveLen(minCells))
	f.settle()
	f.Expect(len(*f.t.slots.published.chunks.Load())).To(BeNumerically("<", 64))
	f.Expect(len(*f.t.slots.marks.chunks.Load())).To(BeNumerically("<", 64))
	f.Expect(f.t.slots.meta.n).To(BeNumerically("<=", f.t.slots.slack()+maxSpare))
	f.Expect(cap(f.t.slots.meta.chunks)).To(BeNumerically("<", 64))
	f.Expect(cap(f.t.heap.chunks)).To(BeNumerically("<", 64))
}

func TestClearReturnsMemory(t *testing.T) {
	f := newFixture(t, config.Config{})
	for key := range 5000 {
		f.set(key, 1000, 1)
	}
	f.t.Clear(2000)
	f.t.check(t)
	f.Expect(f.t.Len()).To(BeZero())
	f.Expect(f.t.index.directory).To(HaveLen(1))
	f.Expect(*f.t.slots.published.chunks.Load()).To(BeEmpty())
	f.Expect(f.has(1, 1)).To(BeFalse())
	f.set(1, 0, 1)
	f.t.check(t)
	f.Expect(f.t.slots.at(0).modified).To(BeEquivalentTo(5002), "Clear must not reset the version")
}

func TestChunkedFreesChunks(t *testing.T) {
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

func TestChunkedDoesNotAllocateAtAChunkBoundary(t *testing.T) {
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
func TestChunksAreSizedInBytes(t *testing.T) {
	g := NewWithT(t)
	large := newChunked[[1 << 20]byte]()
	large.push()
	g.Expect(large.mask).To(BeEquivalentTo(0))
	large.pop()
	g.Expect(large.chunks).To(BeEmpty())
	large.check(t, "large")

	middle := newChunked[[1000]byte]()
	middle.push()
	g.Expect(middle.mask).To(BeEquivalentTo(3))
	small := newChunked[byte]()
	small.push()
	g.Expect(small.mask).To(BeEquivalentTo(63))
}
