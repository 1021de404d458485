package table

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
)

// isMarked reports whether key has been read since the hand passed it.
func (f *fixture) isMarked(key int) bool {
	f.TB.Helper()
	i := f.t.find(hashOf(key), key)
	must(f.TB, "presence", i != none, true)
	return f.t.slots.marks.at(i).Load()
}

func (f *fixture) mark(key int) {
	f.TB.Helper()
	_, _, result := f.t.Get(hashOf(key), key)
	must(f.TB, "Get", result, Present)
}

// 17: a mark belongs to an entry, not to its slot.
func TestMarksAreNotInherited(t *testing.T) {
	const n = 500
	f := newFixture(t, config.Config{MaxEntries: 10 * n})
	for round := range 4 {
		first := round * n
		for key := first; key < first+n; key++ {
			f.set(key, 0, 1)
			must(t, "mark of a new entry", f.isMarked(key), false)
		}
		for key := first; key < first+n; key++ {
			f.mark(key)
			must(t, "mark of an entry that was read", f.isMarked(key), true)
		}
		for key := first; key < first+n; key++ {
			f.del(key, 1)
		}
		if round%2 == 0 {
			f.settle()
		}
	}
}

// A reader may set the mark of an entry after the entry was removed. The next entry in
// the slot still has no mark.
func TestALateMarkIsNotInherited(t *testing.T) {
	if !isShared {
		t.Skip("readers take the lock")
	}
	f := newFixture(t, config.Config{MaxEntries: 1000})
	f.set(0, 0, 1)
	reader := f.t.readers.Enter()
	v, i, _ := f.t.lookUp(hashOf(0), 0)
	f.del(0, 1)
	for f.t.Reclaim() {
	}
	markRead(v.marks, i)
	reader.Leave()
	f.settle()
	isReused := false
	for key := 1; key < 500; key++ {
		f.set(key, 0, 1)
		must(t, "mark of a new entry", f.isMarked(key), false)
		isReused = isReused || f.t.find(hashOf(key), key) == i
	}
	must(t, "the slot is reused", isReused, true)
}

// 17: a new version of an entry keeps the mark of the earlier one.
func TestMarksAreCarriedOver(t *testing.T) {
	for name, write := range map[string]func(f *fixture){
		"Set": func(f *fixture) { f.set(1, 0, 2) },
		"Touch": func(f *fixture) {
			ok, err := f.t.Touch(hashOf(1), 1, time.Hour, 2)
			must(f.TB, "Touch", err, nil)
			must(f.TB, "Touch", ok, true)
		},
		"Merge": func(f *fixture) { must(f.TB, "Merge", f.merge(1, f.t.last+10, 1000), true) },
		"Add": func(f *fixture) {
			var c Copy[int]
			must(f.TB, "Add", f.t.Add(hashOf(1), 1, 5, 0, 2, &c), nil)
		},
		"SetMany": func(f *fixture) {
			must(f.TB, "SetMany", f.t.SetMany([]Assignment[int, int]{{Hash: hashOf(1), Key: 1, Value: 7}}, 0, 2), nil)
		},
		"SetIfUnmodifiedSince": func(f *fixture) {
			var c Copy[int]
			ok, err := f.t.SetIfUnmodifiedSince(hashOf(1), 1, 7, lastmodstore.KeepTTL, f.t.line.Time(50), 2, &c)
			must(f.TB, "SetIfUnmodifiedSince", err, nil)
			must(f.TB, "SetIfUnmodifiedSince", ok, true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, config.Config{MaxEntries: 10})
			f.set(1, 0, 1)
			write(f)
			must(t, "mark of an entry that was never read", f.isMarked(1), false)
			f.mark(1)
			write(f)
			must(t, "mark of an entry that was read", f.isMarked(1), true)
			f.t.check(t)
		})
	}
}

// An entry that is moved to free memory keeps its mark; one without a mark gets none.
func TestMarksMoveWithEntries(t *testing.T) {
	const n = 3000
	f := newFixture(t, config.Config{MaxEntries: n})
	for key := range n {
		f.set(key, 0, 1)
	}
	before := f.slotsByKey()
	for key := n - 100; key < n; key += 2 {
		f.mark(key)
	}
	for key := range n - 100 {
		f.del(key, 1)
	}
	f.settle()
	must(t, "entries were moved", f.moved(before) >= 50, true)
	for key := n - 100; key < n; key++ {
		must(t, "mark", f.isMarked(key), key%2 == 0)
	}
}

// 17: the hand finds an entry to evict even if readers set marks as fast as it clears
// them.
func TestTheHandStopsAlthoughReadersKeepMarking(t *testing.T) {
	if !isShared {
		t.Skip("readers take the lock")
	}
	const n = 8
	f := newFixture(t, config.Config{MaxEntries: n})
	var stop atomic.Bool
	var readers sync.WaitGroup
	var newest atomic.Int64
	for range 3 {
		readers.Go(func() {
			for !stop.Load() {
				for key := newest.Load() - n; key <= newest.Load(); key++ {
					reader := f.t.readers.Enter()
					value, _, result := f.t.Get(hashOf(int(key)), int(key))
					if reader.Leave(); result == Present && value != int(key) {
						t.Errorf("key %d has value %d", key, value)
					}
				}
			}
		})
	}
	for key := range 20_000 {
		newest.Store(int64(key))
		f.set(key, 0, 1)
		if f.t.Len() > n {
			t.Fatalf("%d entries in a table of at most %d", f.t.Len(), n)
		}
	}
	stop.Store(true)
	readers.Wait()
	f.t.check(t)
}
