package epoch

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	. "github.com/onsi/gomega"
)

// reclaimed calls Reclaim once and returns the items that it freed.
func reclaimed(l *Limbo) (freed []uint32) {
	l.Reclaim(func(items []uint32) { freed = append(freed, items...) })
	slices.Sort(freed)
	return freed
}

func items(l *Limbo) (all []uint32) {
	l.Each(func(x uint32) { all = append(all, x) })
	slices.Sort(all)
	return all
}

func upTo(n uint32) (all []uint32) {
	for x := range n {
		all = append(all, x)
	}
	return all
}

func TestLimboHoldsRetiredItemsUntilReadersHaveLeft(t *testing.T) {
	g := NewWithT(t)
	d := NewDomain()
	l := NewLimbo(d)
	g.Expect(l.Len()).To(BeZero())
	g.Expect(items(&l)).To(BeEmpty())
	g.Expect(reclaimed(&l)).To(BeEmpty())

	reader := d.Enter()
	for x := range uint32(10) {
		l.Retire(x)
		g.Expect(l.Len()).To(BeEquivalentTo(x + 1))
		if x == 4 { // so that some items wait and some are retired later
			g.Expect(reclaimed(&l)).To(BeEmpty())
			g.Expect(l.waiting).NotTo(BeEmpty())
		}
	}
	g.Expect(items(&l)).To(Equal(upTo(10)))
	reader.Leave()
	g.Expect(reclaimed(&l)).To(Equal(upTo(10)))
	g.Expect(l.Len()).To(BeZero())
	g.Expect(items(&l)).To(BeEmpty())
}

// Items retired during a read are not freed until that reader has left, even if other
// readers enter and leave. Then all of them are freed.
func TestAParkedReaderKeepsWhatItCanReach(t *testing.T) {
	for _, flipsBefore := range []bool{false, true} { // the parity
		g := NewWithT(t)
		d := NewDomain()
		l := NewLimbo(d)
		if flipsBefore {
			l.Retire(999)
			g.Expect(reclaimed(&l)).To(Equal([]uint32{999}))
		}
		parked := d.Enter()
		for x := range uint32(10_000) {
			l.Retire(x)
			d.Enter().Leave()
			if x%64 == 0 {
				g.Expect(reclaimed(&l)).To(BeEmpty())
			}
		}
		g.Expect(items(&l)).To(Equal(upTo(10_000)))
		parked.Leave()
		g.Expect(reclaimed(&l)).To(Equal(upTo(10_000)))
	}
}

// Overlapping readers, of which there is always one, do not delay freeing for long.
func TestOverlappingReadersKeepFewItems(t *testing.T) {
	g := NewWithT(t)
	d := NewDomain()
	l := NewLimbo(d)
	reader, freed := d.Enter(), 0
	for x := range uint32(1000) {
		l.Retire(x)
		freed += len(reclaimed(&l))
		next := d.Enter()
		reader.Leave()
		reader = next
		freed += len(reclaimed(&l))
		g.Expect(l.Len()).To(BeNumerically("<=", 4))
	}
	reader.Leave()
	freed += len(reclaimed(&l))
	g.Expect(freed).To(Equal(1000))
}

// An idle limbo retains neither items nor the memory of many.
func TestIdleLimboRetainsNothing(t *testing.T) {
	g := NewWithT(t)
	d := NewDomain()
	l := NewLimbo(d)
	for range 3 {
		for x := range uint32(100_000) {
			l.Retire(x)
		}
		g.Expect(reclaimed(&l)).To(HaveLen(100_000))
		g.Expect(l.Len()).To(BeZero())
	}
	for range 3 { // each pass empties one list
		l.Retire(1)
		g.Expect(reclaimed(&l)).To(HaveLen(1))
	}
	g.Expect(cap(l.retired) + cap(l.waiting)).To(BeNumerically("<=", 2048))
}

func TestRetireAndReclaimAllocateNothing(t *testing.T) {
	l := NewLimbo(NewDomain())
	use := func() {
		for x := range uint32(64) {
			l.Retire(x)
		}
		l.Reclaim(func([]uint32) {})
	}
	for range 4 {
		use()
	}
	NewWithT(t).Expect(testing.AllocsPerRun(100, use)).To(BeZero())
}

// Goroutines that collide in a stripe are spread again; others keep their stripes.
func TestCollisionsSpreadReaders(t *testing.T) {
	g := NewWithT(t)
	d := NewDomain()
	mix := d.mix.Load()
	for range 100_000 {
		d.Enter().Leave()
	}
	g.Expect(d.mix.Load()).To(Equal(mix), "a single reader collides with nobody")

	for i := range d.stripes { // a reader in each stripe
		d.stripes[i].readers[0].Add(1)
	}
	collisions := 0
	for ; d.mix.Load() == mix && collisions < 1000*remix; collisions++ {
		d.Enter().Leave()
	}
	g.Expect(d.mix.Load()).NotTo(Equal(mix), "after %d collisions", collisions)
	g.Expect(d.mix.Load()&1).To(BeEquivalentTo(1), "an even multiplier loses a bit of the address")
}

// Two goroutines in one stripe are probably in different ones after a spread.
func TestSpreadSeparatesGoroutines(t *testing.T) {
	g := NewWithT(t)
	d := NewDomain()
	const goroutines = 8
	var parked sync.WaitGroup
	var ask [goroutines]chan struct{}
	replies := make(chan uint32)
	for i := range ask {
		ask[i] = make(chan struct{})
		parked.Go(func() {
			for range ask[i] {
				replies <- d.Stripe() % Stripes
			}
		})
	}
	together, pairs := 0, 0
	for range 500 {
		var stripes []uint32
		for i := range ask {
			ask[i] <- struct{}{}
			stripes = append(stripes, <-replies)
		}
		for i := range stripes {
			for j := range i {
				if pairs++; stripes[i] == stripes[j] {
					together++
				}
			}
		}
		d.spread()
	}
	for i := range ask {
		close(ask[i])
	}
	parked.Wait()
	g.Expect(together).To(BeNumerically("<", pairs/2), "%d of %d pairs", together, pairs)
}

// Readers concurrent with a writer never see a slot that was freed or half written. The
// race detector reports a slot that is reused too early.
func TestReadersSeeNoFreedSlot(t *testing.T) {
	const slots, writes, readers = 256, 200_000, 4
	type contents struct{ a, b int }
	var (
		d       = NewDomain()
		l       = NewLimbo(d)
		all     [slots]contents
		cells   [4]atomic.Uint32
		vacant  []uint32
		stopped atomic.Bool
		wg      sync.WaitGroup
	)
	for i := range uint32(slots) {
		all[i] = contents{-1, -1}
		vacant = append(vacant, i)
	}
	take := func(n int) uint32 {
		for len(vacant) == 0 {
			l.Reclaim(func(items []uint32) {
				for _, x := range items {
					all[x] = contents{-1, -1}
				}
				vacant = append(vacant, items...)
			})
		}
		i := vacant[len(vacant)-1]
		vacant = vacant[:len(vacant)-1]
		all[i] = contents{n, n}
		return i
	}
	for c := range cells {
		cells[c].Store(take(0))
	}
	for r := range readers {
		wg.Go(func() {
			for n := r; !stopped.Load(); n++ {
				reader := d.Enter()
				x := &all[cells[n%len(cells)].Load()]
				a := x.a
				b := x.b
				reader.Leave()
				if a != b || a < 0 {
					t.Errorf("a reader saw %d and %d", a, b)
					return
				}
			}
		})
	}
	for n := range writes {
		c := &cells[n%len(cells)]
		old := c.Load()
		c.Store(take(n))
		l.Retire(old)
	}
	stopped.Store(true)
	wg.Wait()
	l.Reclaim(func([]uint32) {})
	NewWithT(t).Expect(l.Len()).To(BeZero())
}
