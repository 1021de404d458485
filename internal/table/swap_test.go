package table

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/lastmodstore/lastmodstore/internal/config"
)

// Clear is a single swap: a reader of an earlier table can read all of it, whatever is
// stored in the new one.
func TestClearIsOneSwap(t *testing.T) {
	if !isShared {
		t.Skip("readers take the lock")
	}
	c := &readerTest{newFixture(t, config.Config{MaxEntries: 10_000}), hashOf, 1000}
	for key := range c.stable {
		c.put(key, key)
	}
	reader := c.t.readers.Enter()
	earlier := c.t.view.Load()
	for range 3 {
		c.t.Clear(1)
		for key := range c.stable {
			c.put(key+c.stable, 0)
		}
		for range 4 {
			c.t.Reclaim()
		}
		c.t.check(t)
	}
	for key := range c.stable {
		h := c.hash(key)
		b := earlier.directory[h&uint32(len(earlier.directory)-1)].Load()
		slot := b.slotOf(earlier.slots, h, key)
		must(t, "presence in the earlier table", slot != none, true)
		must(t, "value", earlier.slots.at(slot).value, key)
		_, _, result := c.t.Get(h, key)
		must(t, "presence after Clear", result, Absent)
	}
	reader.Leave()
}

// slotOf returns the slot of key in b, or none. It examines every cell.
func (b *bucket) slotOf(slots *published[slot[int, int]], h uint32, key int) uint32 {
	for _, c := range b.cells {
		if c != 0 && cellHash(c) == h && slots.at(cellSlot(c)).key == key {
			return cellSlot(c)
		}
	}
	return none
}

// A reader that has seen that one key was removed by Clear does not find another key
// that was removed with it.
func TestReadersSeeClearAtOnce(t *testing.T) {
	if !isShared {
		t.Skip("readers take the lock")
	}
	f := newFixture(t, config.Config{})
	const first, second = 1, 2
	read := func(key int) (value int) {
		reader := f.t.readers.Enter()
		defer reader.Leave()
		value, _, result := f.t.Get(hashOf(key), key)
		if result != Present {
			return 0
		}
		return value
	}
	var stop atomic.Bool
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for !stop.Load() {
				// If the first is absent after the second was stored, Clear has begun.
				if n := read(second); n > 0 && read(first) == 0 && read(second) == n {
					t.Errorf("Clear had removed the first key when the second was still %d", n)
					return
				}
			}
		})
	}
	for n := range atLength(20_000, 1_000_000) {
		must(t, "Set", f.t.Set(hashOf(first), first, n+1, 0, 1), nil)
		must(t, "Set", f.t.Set(hashOf(second), second, n+1, 0, 1), nil)
		f.t.Clear(1)
	}
	stop.Store(true)
	readers.Wait()
}

// A table that is hidden while a batch is stored reports that to readers.
func TestAHiddenTableReportsHidden(t *testing.T) {
	f := newFixture(t, config.Config{MaxEntries: 10})
	f.set(1, 0, 1)
	f.t.Hide()
	_, _, result := f.t.Get(hashOf(1), 1)
	must(t, "Get", result, Hidden)
	var c Copy[int]
	must(t, "GetCopy", f.t.GetCopy(hashOf(2), 2, &c), Hidden)
	for key := range 10 {
		f.set(key, 0, 1)
		must(t, "PeekCopy", f.t.PeekCopy(hashOf(key), key, &c), Hidden)
	}
	f.t.Clear(1) // as if the store were closed meanwhile
	must(t, "Get", f.t.PeekCopy(hashOf(1), 1, &c), Hidden)
	f.t.Show()
	must(t, "PeekCopy", f.t.PeekCopy(hashOf(1), 1, &c), Absent)
	f.t.check(t)
}
