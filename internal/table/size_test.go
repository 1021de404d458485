package table

import (
	"testing"
	"time"
	"unsafe"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// What large keys and values cost.

type large = [1 << 20]byte

// 4, 26: one large removed value occupies the memory of one value, not of a chunk of
// many.
func TestDequeChunksAreSizedInBytes(t *testing.T) {
	g := NewWithT(t)
	tab := open[int, large](timeline.Start(), config.Config{RemovalLog: 1, RetainRemovals: true})
	for key := range 3 {
		g.Expect(tab.Set(hashOf(key), key, large{}, 0, 1)).To(Succeed())
		g.Expect(tab.Delete(hashOf(key), key, 2)).To(BeTrue())
	}
	g.Expect(tab.log.records.bytes()).To(BeNumerically("<=", 3<<20))

	var small deque[byte]
	small.push(1)
	g.Expect(small.chunks[0]).To(HaveLen(64))
}

// 4: the same holds for keys that are remembered because they expired.
func TestExpiredLargeKeysOccupyNoMoreThanTheirSize(t *testing.T) {
	g := NewWithT(t)
	var x expiredLog[large]
	x.limit = 1
	x.add(large{}, 1)
	g.Expect(x.keys.bytes()).To(BeNumerically("<=", 2<<20))
}

// bytes returns the size of the chunks of d.
func (d *deque[T]) bytes() (n int) {
	var zero T
	for _, c := range d.chunks {
		n += cap(c) * int(unsafe.Sizeof(zero))
	}
	return n
}

// A step copies at most pageSize bytes, or one entry if that is larger: no other
// operation waits for longer than one step.
func TestStepsOverLargeValuesAreShort(t *testing.T) {
	t.Run("64 KiB", func(t *testing.T) { stepsOf[[64 << 10]byte](t, 4) })
	t.Run("1 MiB", func(t *testing.T) { stepsOf[large](t, 1) })
	t.Run("1 byte", func(t *testing.T) { stepsOf[byte](t, pageLen) })
}

// stepsOf expects that no step over values of type V yields more than most of them.
func stepsOf[V any](t *testing.T, most int) {
	g := NewWithT(t)
	line := timeline.Start()
	tab := open[int, V](line, config.Config{})
	var value V
	n := 2*most + 1
	for key := range n {
		g.Expect(tab.Set(hashOf(key), key, value, 0, int64(key))).To(Succeed())
	}
	read := 0
	for p := Since[int, V](line, time.Unix(0, -1)); !p.Done; read += len(p.Pairs) {
		tab.Changes(&p, int64(n))
		g.Expect(len(p.Pairs)).To(BeNumerically("<=", most))
	}
	g.Expect(read).To(Equal(n))

	read = 0
	for f := NewFeed[int, V](line, time.Time{}); f.More; {
		tab.Watch(&f, int64(n))
		g.Expect(len(f.changes)).To(BeNumerically("<=", most))
		for f.HasNext() {
			if f.Next(line).Kind == lastmodstore.Modified {
				read++
			}
		}
	}
	g.Expect(read).To(Equal(n))
}

// 26: a feed that has caught up, and may wait for long, keeps no long buffer, whether
// its last step yielded a page or nothing.
func TestAWaitingFeedKeepsNoLongBuffer(t *testing.T) {
	for _, n := range []int{pageLen / 2, pageLen, 3 * pageLen} {
		f := newFixture(t, config.Config{})
		for key := range n {
			f.set(key, 0, int64(key))
		}
		f.set(n, 1, int64(n)) // expired, so that a step after a full page yields nothing
		now := int64(n + 1)
		feed := NewFeed[int, int](f.t.line, time.Time{})
		follow := func() (last int) {
			for more := true; more; more = !feed.CaughtUp() {
				f.t.Watch(&feed, now)
				for feed.HasNext() {
					if e := feed.Next(f.t.line); e.Kind == lastmodstore.Modified {
						last = e.Key
					}
				}
			}
			return last
		}
		f.Expect(follow()).To(Equal(n - 1))
		f.Expect(cap(feed.changes)).To(BeNumerically("<=", 8))
		f.set(-5, 0, now)
		f.Expect(follow()).To(Equal(-5), "the feed continues")
	}
}

// 4, 23: a key that expired is remembered only if its deadline is later than the first
// Merge: nothing can have been merged before an earlier deadline.
func TestExpiredKeysAreRememberedFromTheFirstMergeOn(t *testing.T) {
	f := newFixture(t, config.Config{RemovalLog: 100})
	for key := range 50 {
		f.set(key, 10, int64(key))
	}
	f.t.Sweep(100, 100)
	f.Expect(f.t.expired.keys.len()).To(BeZero(), "before any Merge")

	for _, swept := range []bool{true, false} {
		for key, comesBack := range []bool{true, true, false} {
			f := newFixture(t, config.Config{RemovalLog: 100})
			deadline := 110 + 10*key
			f.set(key, time.Duration(deadline-100), 100)
			past := lastmodstore.Entry[int]{LastModified: time.Unix(0, 1), ExpiresAt: time.Unix(0, 2)}
			_, err := f.t.Merge(hashOf(99), 99, past, 120)
			f.Expect(err).NotTo(HaveOccurred())
			if swept {
				f.t.Sweep(200, 200)
			}
			f.Expect(f.merge(key, 60, 200)).To(Equal(comesBack), "deadline %d, first Merge 120, swept %t", deadline, swept)
			f.t.check(t)
		}
	}
}
