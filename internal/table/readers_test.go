package table

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/lastmodstore/lastmodstore/internal/config"
)

// What readers without a lock see, concurrently with a writer. Vacant slots are
// poisoned. These tests are most useful under the race detector.

// The fields that readers use share no cache line with those that each write changes:
// the table begins 32 bytes before a cache line, behind a lock.
func TestReadersFieldsHaveCacheLinesOfTheirOwn(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("with shorter pointers, the alignment is unspecified")
	}
	var tab Table[int, int]
	must(t, "offset of view", unsafe.Offsetof(tab.view), 32)
	must(t, "offset of config", unsafe.Offsetof(tab.config), 96)
}

// A readerTest is a table with keys that are always present.
type readerTest struct {
	*fixture
	hash   func(key int) uint32
	stable int // keys from 0 to stable-1 are always present
}

// read looks up one of the stable keys.
func (c *readerTest) read(key int) error {
	reader := c.t.readers.Enter()
	defer reader.Leave()
	switch value, _, result := c.t.Get(c.hash(key), key); {
	case result != Present:
		return fmt.Errorf("key %d: result %d, want Present", key, result)
	case value%c.stable != key:
		return fmt.Errorf("key %d: value %d", key, value)
	}
	return nil
}

func (c *readerTest) put(key, value int) {
	must(c.TB, "Set", c.t.Set(c.hash(key), key, value, 0, 1), nil)
}

func (c *readerTest) del(key int) {
	_, err := c.t.Delete(c.hash(key), key, 1)
	must(c.TB, "Delete", err, nil)
}

// whileReading runs write while other goroutines read the stable keys.
func (c *readerTest) whileReading(write func()) {
	c.Helper()
	var stop atomic.Bool
	var readers sync.WaitGroup
	for r := range 3 {
		readers.Go(func() {
			for key := r; !stop.Load(); key++ {
				if err := c.read(key % c.stable); err != nil {
					c.TB.Error(err)
					return
				}
			}
		})
	}
	write()
	stop.Store(true)
	readers.Wait()
	c.settle()
}

// 15: while other keys are removed, cells move within the bucket. All keys have the
// same hash here, so that each removal moves the cells of all keys inserted later.
func TestReadersFindCellsThatMoveWithinABucket(t *testing.T) {
	if !isShared {
		t.Skip("readers take the lock")
	}
	const stay = 4
	f := newFixture(t, config.Config{})
	var round atomic.Int64 // the round whose keys are present, or 0
	read := func(r, n int) error {
		reader := f.t.readers.Enter()
		defer reader.Leave()
		key := r*stay + n
		value, _, result := f.t.Get(0, key)
		if int(round.Load()) == r && (result != Present || value != key) {
			return fmt.Errorf("key %d of round %d: result %d, value %d", n, r, result, value)
		}
		return nil
	}
	var stop atomic.Bool
	var readers sync.WaitGroup
	for range max(1, runtime.GOMAXPROCS(0)-1) { // leave a processor to the writer
		readers.Go(func() {
			for n := 0; !stop.Load(); n++ {
				if r := int(round.Load()); r > 0 {
					if err := read(r, n%stay); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	put := func(key int) { must(t, "Set", f.t.Set(0, key, key, 0, 1), nil) }
	del := func(key int) {
		ok, err := f.t.Delete(0, key, 1)
		must(t, "Delete", err, nil)
		must(t, "Delete", ok, true)
	}
	for r := 1; r <= atLength(4000, 200_000) && !t.Failed(); r++ {
		others := 40 // a reader passes many cells during one removal,
		if r%3 == 0 {
			others = 1 + r%8 // or a few during one step of it
		}
		for key := range others {
			put(-2 - key)
		}
		for n := range stay {
			put(r*stay + n)
		}
		round.Store(int64(r))
		for key := range others {
			del(-2 - key)
		}
		round.Store(0)
		for n := range stay {
			del(r*stay + n)
		}
	}
	stop.Store(true)
	readers.Wait()
	f.t.check(t)
}

// 15: readers find all stable keys while buckets split, join and are resized, and while
// the directory doubles and halves.
func TestReadersFindCellsThatMoveBetweenBuckets(t *testing.T) {
	if !isShared {
		t.Skip("readers take the lock")
	}
	const others = 3 * bucketMean
	for name, hash := range map[string]func(int) uint32{
		"strong": hashOf,
		"weak":   func(key int) uint32 { return uint32(key%8)<<29 | uint32(key%4) },
	} {
		t.Run(name, func(t *testing.T) {
			c := &readerTest{newFixture(t, config.Config{}), hash, 100}
			for key := range c.stable {
				c.put(key, key)
			}
			rng := rand.New(rand.NewPCG(2, 9))
			most, least := 0, 1<<30
			c.whileReading(func() {
				for range atLength(30, 1000) {
					for key := range others {
						c.put(c.stable+key, 0)
					}
					most = max(most, len(c.t.index.directory))
					for _, key := range rng.Perm(others) {
						c.del(c.stable + key)
					}
					least = min(least, len(c.t.index.directory))
				}
			})
			must(t, "directory at least", least, 1)
			must(t, "directory at most", most, 4)
		})
	}
}

// 15: readers find all stable keys while updates give them new slots, and while
// removals free memory and so move entries.
func TestReadersFindEntriesThatChangeSlots(t *testing.T) {
	if !isShared {
		t.Skip("readers take the lock")
	}
	const others = 3000
	for _, limit := range []int{0, 100_000} {
		t.Run(fmt.Sprint("capacity=", limit), func(t *testing.T) {
			c := &readerTest{newFixture(t, config.Config{MaxEntries: limit}), hashOf, 200}
			for key := range c.stable {
				c.put(key, key)
			}
			c.whileReading(func() {
				for round := range atLength(15, 600) {
					for key := range others {
						c.put(c.stable+key, 0)
					}
					for key := range c.stable { // into slots at the end
						c.put(key, key+round*c.stable)
					}
					for key := range others {
						c.del(c.stable + key)
					}
					for c.t.Reclaim() {
					}
				}
			})
		})
	}
}
