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

// What readers see who take no lock, concurrently with a writer. The race detector
// watches, and vacant slots are poisoned.

// Readers' fields share no cache line with what each write changes: the table begins
// 32 bytes before one, behind a lock.
func TestReadersFieldsHaveCacheLinesOfTheirOwn(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("where pointers are shorter, alignment is left to chance")
	}
	var tab Table[int, int]
	must(t, "offset of view", unsafe.Offsetof(tab.view), 32)
	must(t, "offset of config", unsafe.Offsetof(tab.config), 96)
}

// A crowd is a table whose keys in stable are present all along.
type crowd struct {
	*fixture
	hash   func(key int) uint32
	stable int // so many keys, from 0
}

// read looks up one of the stable keys.
func (c *crowd) read(key int) error {
	reader := c.t.readers.Enter()
	defer reader.Leave()
	switch value, _, result := c.t.Get(c.hash(key), key); {
	case result != Present:
		return fmt.Errorf("key %d: %d, which is not Present", key, result)
	case value%c.stable != key:
		return fmt.Errorf("key %d: value %d", key, value)
	}
	return nil
}

func (c *crowd) put(key, value int) {
	must(c.TB, "Set", c.t.Set(c.hash(key), key, value, 0, 1), nil)
}

func (c *crowd) del(key int) {
	_, err := c.t.Delete(c.hash(key), key, 1)
	must(c.TB, "Delete", err, nil)
}

// besideReaders runs write while others read the stable keys.
func (c *crowd) besideReaders(write func()) {
	c.Helper()
	var over atomic.Bool
	var readers sync.WaitGroup
	for r := range 3 {
		readers.Go(func() {
			for key := r; !over.Load(); key++ {
				if err := c.read(key % c.stable); err != nil {
					c.TB.Error(err)
					return
				}
			}
		})
	}
	write()
	over.Store(true)
	readers.Wait()
	c.settle()
}

// 15: while other keys are removed, cells move within the bucket. All keys have one
// hash here, so that each removal moves the cells of all that were inserted later.
func TestReadersFindWhatMovesWithinABucket(t *testing.T) {
	if !isShared {
		t.Skip("readers take the lock")
	}
	const stay = 4
	f := newFixture(t, config.Config{})
	var round atomic.Int64 // whose keys are present; 0: none are
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
	var over atomic.Bool
	var readers sync.WaitGroup
	for range max(1, runtime.GOMAXPROCS(0)-1) { // so that the writer runs at the same time
		readers.Go(func() {
			for n := 0; !over.Load(); n++ {
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
		others := 40 // a reader passes many cells within one removal,
		if r%3 == 0 {
			others = 1 + r%8 // or few within one step of it
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
	over.Store(true)
	readers.Wait()
	f.t.check(t)
}

// 15: buckets split, join and are resized, and the directory doubles and halves.
func TestReadersFindWhatMovesBetweenBuckets(t *testing.T) {
	if !isShared {
		t.Skip("readers take the lock")
	}
	const others = 3 * bucketMean
	for name, hash := range map[string]func(int) uint32{
		"strong": hashOf,
		"weak":   func(key int) uint32 { return uint32(key%8)<<29 | uint32(key%4) },
	} {
		t.Run(name, func(t *testing.T) {
			c := &crowd{newFixture(t, config.Config{}), hash, 100}
			for key := range c.stable {
				c.put(key, key)
			}
			rng := rand.New(rand.NewPCG(2, 9))
			most, least := 0, 1<<30
			c.besideReaders(func() {
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

// 15: updates, which give a key other slots, and removals, which return memory and
// so move entries.
func TestReadersFindWhatChangesSlots(t *testing.T) {
	if !isShared {
		t.Skip("readers take the lock")
	}
	const others = 3000
	for _, limit := range []int{0, 100_000} {
		t.Run(fmt.Sprint("capacity=", limit), func(t *testing.T) {
			c := &crowd{newFixture(t, config.Config{MaxEntries: limit}), hashOf, 200}
			for key := range c.stable {
				c.put(key, key)
			}
			c.besideReaders(func() {
				for round := range atLength(15, 600) {
					for key := range others {
						c.put(c.stable+key, 0)
					}
					for key := range c.stable { // at the end
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
