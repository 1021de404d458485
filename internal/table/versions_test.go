package table

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/epoch"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// openShared returns an empty table that is read without a lock.
func openShared(c config.Config) (*Table[int, int], *epoch.Domain) {
	t, readers := new(Table[int, int]), epoch.NewDomain()
	t.Init(timeline.Start(), c, readers)
	t.Poison(-1, -1)
	return t, readers
}

// 15: whatever a writer does to an entry, the version that a reader has found does not
// change until the reader leaves.
func TestTheVersionThatAReaderFoundDoesNotChange(t *testing.T) {
	const key, now = 1, 100
	h := hashOf(key)
	for name, write := range map[string]func(tab *Table[int, int]){
		"Set":   func(tab *Table[int, int]) { tab.Set(h, key, 2, 20, now) },
		"Touch": func(tab *Table[int, int]) { tab.Touch(h, key, 0, now) },
		"Add":   func(tab *Table[int, int]) { tab.Add(h, key, 2, 20, now, new(Copy[int])) },
		"SetIfUnmodifiedSince": func(tab *Table[int, int]) {
			tab.SetIfUnmodifiedSince(h, key, 2, 20, tab.line.Time(now), now, new(Copy[int]))
		},
		"Merge": func(tab *Table[int, int]) {
			tab.Merge(h, key, lastmodstore.Entry[int]{Value: 2, LastModified: tab.line.Time(now)}, now)
		},
		"SetMany": func(tab *Table[int, int]) {
			tab.Hide()
			tab.SetMany([]Assignment[int, int]{{Hash: h, Key: key, Value: 2}}, 20, now)
			tab.Show()
		},
		"Delete": func(tab *Table[int, int]) { tab.Delete(h, key, now) },
		"Sweep":  func(tab *Table[int, int]) { tab.Sweep(1<<40, 1<<40) },
		"Clear":  func(tab *Table[int, int]) { tab.Clear(now) },
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			tab, readers := openShared(config.Config{})
			g.Expect(tab.Set(h, key, 1, time.Hour, 1)).To(Succeed())
			reader := readers.Enter()
			v, i, result := tab.lookUp(h, key)
			g.Expect(result).To(Equal(Present))
			found := *v.slots.at(i)
			write(tab)
			for other := key + 1; other < key+3*reclaimEvery; other++ { // these take slots
				g.Expect(tab.Set(hashOf(other), other, 3, 0, now)).To(Succeed())
				g.Expect(tab.Set(hashOf(other), other, 4, 0, now)).To(Succeed())
			}
			tab.Reclaim()
			g.Expect(*v.slots.at(i)).To(Equal(found))
			reader.Leave()
			for tab.Reclaim() || tab.HasRetired() {
			}
			tab.check(t)
		})
	}
}

// 14: a batch stays hidden until it is stored, even if the index grows meanwhile.
func TestABatchIsHiddenWhileTheIndexGrows(t *testing.T) {
	g := NewWithT(t)
	tab, _ := openShared(config.Config{})
	all := make([]Assignment[int, int], 10*bucketMean)
	for key := range all {
		all[key] = Assignment[int, int]{Hash: hashOf(key), Key: key, Value: key}
	}
	g.Expect(tab.Set(hashOf(1), 1, 0, 0, 1)).To(Succeed())
	tab.Hide()
	g.Expect(tab.SetMany(all, 0, 2)).To(Succeed())
	_, _, result := tab.Get(hashOf(1), 1)
	g.Expect(result).To(Equal(Hidden))
	tab.Show()
	for key := range all {
		value, _, result := tab.Get(hashOf(key), key)
		g.Expect(result).To(Equal(Present))
		g.Expect(value).To(Equal(key))
	}
	tab.check(t)
}

// 4, 15: moving an entry to another slot does not change the old slot while a reader
// may access it, and slots at the end that a reader may access are not dropped.
func TestASlotThatAReaderFoundIsKeptWhenItsEntryMoves(t *testing.T) {
	g := NewWithT(t)
	tab, readers := openShared(config.Config{})
	const n = 20_000
	for key := range n {
		g.Expect(tab.Set(hashOf(key), key, key, 0, 1)).To(Succeed())
	}
	reader := readers.Enter()
	v := tab.view.Load()
	found := map[uint32]slot[int, int]{}
	for key := n - 100; key < n; key++ {
		i := tab.find(hashOf(key), key)
		found[i] = *v.slots.at(i)
	}
	for key := range n - 50 {
		g.Expect(tab.Delete(hashOf(key), key, 1)).To(BeTrue())
	}
	for range 3 * n / compactSteps {
		tab.Reclaim()
	}
	tab.check(t)
	for i, s := range found {
		g.Expect(*v.slots.at(i)).To(Equal(s))
	}
	reader.Leave()
	for tab.Reclaim() || tab.HasRetired() {
	}
	tab.check(t)
	g.Expect(tab.slots.meta.n).To(BeNumerically("<", 1000))
	for key := n - 50; key < n; key++ {
		_, _, result := tab.Get(hashOf(key), key)
		g.Expect(result).To(Equal(Present))
	}
}

// 26: a slot that is not in use keeps no value reachable, in whichever list it is, even
// if no write follows.
func TestASlotThatIsNotInUseHoldsNothing(t *testing.T) {
	g := NewWithT(t)
	tab, readers := new(Table[int, *int]), epoch.NewDomain()
	tab.Init(timeline.Start(), config.Config{}, readers)
	const n, rest = 5000, 4700 // so that the other slots stay vacant
	for key := range n {
		g.Expect(tab.Set(hashOf(key), key, new(int), 0, 1)).To(Succeed())
	}
	reader := readers.Enter() // so that all slots become vacant at once
	for key := rest; key < n; key++ {
		g.Expect(tab.Delete(hashOf(key), key, 1)).To(BeTrue())
	}
	reader.Leave()
	for tab.Reclaim() || tab.HasRetired() {
	}
	g.Expect(tab.slots.meta.n).To(BeEquivalentTo(n))
	for i := range tab.slots.meta.n {
		if !tab.slots.isLive(i) {
			g.Expect(*tab.slots.at(i)).To(BeZero())
		}
	}
}

// 4: a removal, like each step of a sweep, moves at most a few entries, however many
// slots are vacant.
func TestStepsMoveAFewEntries(t *testing.T) {
	g := NewWithT(t)
	tab, readers := openShared(config.Config{})
	const n, rest = 4000, 1000
	for key := range n {
		g.Expect(tab.Set(hashOf(key), key, key, 0, 1)).To(Succeed())
	}
	reader := readers.Enter() // so that no entry is moved
	for key := range n - rest {
		g.Expect(tab.Delete(hashOf(key), key, 1)).To(BeTrue())
	}
	reader.Leave()
	tab.slots.reclaim()
	moved := func(step func()) (moved int) {
		before := map[int]uint32{}
		for key := n - rest/2; key < n; key++ {
			before[key] = tab.find(hashOf(key), key)
		}
		step()
		for key, i := range before {
			if tab.find(hashOf(key), key) != i {
				moved++
			}
		}
		return moved
	}
	byDeletes := 0
	for key := n - rest; key < n-rest/2; key++ {
		m := moved(func() { tab.Delete(hashOf(key), key, 1) })
		g.Expect(m).To(BeNumerically("<=", compactMoves))
		byDeletes += m
	}
	g.Expect(byDeletes).To(BeNumerically(">", 0))
	for more := true; more; {
		g.Expect(moved(func() { more = tab.Reclaim() })).To(BeNumerically("<=", compactSteps))
	}
	tab.check(t)
	g.Expect(tab.slots.meta.n).To(BeNumerically("<", n/2))
}

// 15: a reader always finds a key whose cell is moved by deletions, one position at a
// time.
func TestAReaderFindsAKeyWhoseCellMoves(t *testing.T) {
	tab, readers := openShared(config.Config{})
	const others, target, rounds = 40, 1 << 20, 5000
	set := func(key int) {
		if err := tab.Set(0, key, key, 0, 1); err != nil {
			t.Error(err)
		}
	}
	var moving atomic.Int64 // the round while cells move, otherwise 0
	var stop atomic.Bool
	var reading sync.WaitGroup
	for range 2 {
		reading.Go(func() {
			for !stop.Load() {
				round := moving.Load()
				reader := readers.Enter()
				value, _, result := tab.Get(0, target)
				reader.Leave()
				if round != 0 && round == moving.Load() && (result != Present || value != target) {
					t.Errorf("round %d: result %d, value %d", round, result, value)
					return
				}
			}
		})
	}
	for round := range int64(rounds) {
		for key := range others {
			set(key)
		}
		set(target)
		moving.Store(round + 1)
		for key := range others {
			tab.Delete(0, key, 1)
		}
		moving.Store(0)
		tab.Delete(0, target, 1)
		if round%64 == 0 {
			runtime.Gosched()
		}
	}
	stop.Store(true)
	reading.Wait()
	tab.check(t)
}
