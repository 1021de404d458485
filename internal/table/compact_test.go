package table

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/epoch"
)

// 4: memory is returned in short steps: the last entries move into vacant slots before
// them.

// slotsByKey returns the slot of each key.
func (f *fixture) slotsByKey() map[int]uint32 {
	at := make(map[int]uint32, f.t.Len())
	for i := range f.t.slots.meta.n {
		if f.t.slots.isLive(i) {
			at[f.t.slots.at(i).key] = i
		}
	}
	return at
}

// moved returns the number of keys whose slot has changed. A new slot must come before
// the old one.
func (f *fixture) moved(before map[int]uint32) (n int) {
	f.TB.Helper()
	for key, i := range f.slotsByKey() {
		if was, isOld := before[key]; isOld && was != i {
			if n++; i > was {
				f.TB.Fatalf("key %d is moved from slot %d up to %d", key, was, i)
			}
		}
	}
	return n
}

// expectFewSlots fails unless there are only a few more slots than entries.
func (f *fixture) expectFewSlots() {
	f.TB.Helper()
	live := uint32(f.t.Len())
	if n, most := f.t.slots.meta.n, live+live/8+4*reclaimEvery; n > most {
		f.TB.Fatalf("%d slots for %d entries, want at most %d", n, live, most)
	}
}

// settleWithin is settle in at most that many steps, none of which may move many
// entries.
func (f *fixture) settleWithin(steps int) {
	f.TB.Helper()
	for n := 0; ; n++ {
		before := f.slotsByKey()
		more := f.t.Reclaim()
		f.t.check(f.TB)
		if moved := f.moved(before); moved > compactSteps {
			f.TB.Fatalf("one step moves %d entries", moved)
		}
		switch {
		case !more && !f.t.HasRetired():
			f.t.check(f.TB)
			return
		case n > steps:
			f.TB.Fatalf("memory is not returned in %d steps: %d slots for %d entries", steps, f.t.slots.meta.n, f.t.Len())
		}
	}
}

func TestRemovalsReturnMemory(t *testing.T) {
	const n = 20_000
	for name, stays := range map[string]func(key int) bool{
		"nothing stays":               func(int) bool { return false },
		"the first stay":              func(key int) bool { return key < n/50 },
		"the last stay":               func(key int) bool { return key >= n-n/50 },
		"the middle becomes vacant":   func(key int) bool { return key < n/50 || key >= n-n/50 },
		"one in a hundred stays":      func(key int) bool { return key%100 == 0 },
		"the last one alone stays":    func(key int) bool { return key == n-1 },
		"a random half stays":         func(key int) bool { return hashOf(key)&1 == 0 },
		"one in a thousand is vacant": func(key int) bool { return key%1000 != 0 },
	} {
		for order, removals := range map[string][]int{"in order": span(0, n-1), "in any order": rand.New(rand.NewPCG(1, 6)).Perm(n)} {
			t.Run(name+"/"+order, func(t *testing.T) {
				f := newFixture(t, config.Config{MaxEntries: 2 * n})
				var stay []int
				for key := range n {
					f.set(key, 0, 1)
				}
				for i, key := range removals {
					if stays(key) {
						continue
					}
					if i%2000 > 0 {
						f.del(key, 1)
						continue
					}
					before := f.slotsByKey()
					f.del(key, 1)
					if moved := f.moved(before); moved > compactMoves {
						t.Fatalf("a removal moves %d entries", moved)
					}
				}
				for key := range n {
					if stays(key) {
						stay = append(stay, key)
					}
				}
				f.t.check(t)
				f.settleWithin(n / 16)
				f.expectFewSlots()
				f.expectKeys(stay)
			})
		}
	}
}

// Each removal moves few entries, each to an earlier slot.
func TestEachRemovalMovesFewEntries(t *testing.T) {
	const n = 1500
	for seed := range uint64(2) {
		f := newFixture(t, config.Config{})
		for key := range n {
			f.set(key, 0, 1)
		}
		for _, key := range rand.New(rand.NewPCG(seed, 8)).Perm(n) {
			before := f.slotsByKey()
			f.del(key, 1)
			if moved := f.moved(before); moved > compactMoves {
				t.Fatalf("a removal moves %d entries", moved)
			}
		}
	}
}

// expectKeys fails unless the table holds exactly keys, in that order.
func (f *fixture) expectKeys(keys []int) {
	f.TB.Helper()
	order := f.order()
	must(f.TB, "Len", f.t.Len(), len(keys))
	for i, key := range keys {
		must(f.TB, "key in order", order[i], key)
		must(f.TB, "a key that stays", f.has(key, 1), true)
	}
}

// A burst of updates while a reader is parked leaves many retired slots. They are freed
// when the reader has left.
func TestMemoryIsReturnedAfterAParkedReaderLeaves(t *testing.T) {
	if !isShared {
		t.Skip("readers take the lock")
	}
	const n = 5000
	f := newFixture(t, config.Config{})
	for key := range n {
		f.set(key, 0, 1)
	}
	parked := f.t.readers.Enter()
	for round := range 3 {
		for key := range n {
			f.set(key, 0, 1)
		}
		f.t.Reclaim()
		f.t.check(t)
		must(t, "retired", f.t.slots.limbo.Len(), (round+1)*n)
	}
	for key := range n - 10 {
		f.del(key, 1)
	}
	f.t.check(t)
	parked.Leave()
	f.settleWithin(4 * n / 16)
	f.expectFewSlots()
	f.expectKeys(span(n-10, n-1))
}

// While memory is returned, entries are updated, touched and removed, and readers come
// and go. No slot and no entry is lost.
func TestMemoryIsReturnedWhileEntriesChange(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 7))
			f := newFixture(t, config.Config{})
			const n = 3000
			held := map[int]bool{}
			for key := range n {
				f.set(key, 0, 1)
				held[key] = true
			}
			var parked []epoch.Reader
			for step := range 4000 {
				key := rng.IntN(n)
				switch rng.IntN(8) {
				case 0:
					f.set(key, 0, 1)
					held[key] = true
				case 1:
					ok, err := f.t.Touch(hashOf(key), key, 0, 1)
					must(t, "Touch", err, nil)
					must(t, "Touch", ok, held[key])
				case 2:
					f.t.Reclaim()
				case 3:
					if isShared && len(parked) < 3 {
						parked = append(parked, f.t.readers.Enter())
					} else if len(parked) > 0 {
						parked[0].Leave()
						parked = parked[1:]
					}
				default:
					ok, err := f.t.Delete(hashOf(key), key, 1)
					must(t, "Delete", err, nil)
					must(t, "Delete", ok, held[key])
					delete(held, key)
				}
				if step%20 == 0 {
					f.t.check(t)
				}
			}
			for _, reader := range parked {
				reader.Leave()
			}
			f.settleWithin(n)
			f.expectFewSlots()
			must(t, "Len", f.t.Len(), len(held))
			for key := range n {
				must(t, fmt.Sprint("presence of ", key), f.has(key, 1), held[key])
			}
		})
	}
}
