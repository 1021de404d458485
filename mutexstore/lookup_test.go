package mutexstore

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// within fails the test if fn has not returned after a minute.
func within(g Gomega, what string, fn func()) {
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		fn()
	}()
	g.Eventually(returned, time.Minute).Should(BeClosed(), what)
}

func TestSingleReadsDoNotWaitForAWriter(t *testing.T) {
	g := NewWithT(t)
	s := New[string, int](0)
	g.Expect(s.Set("a", 1, 0)).To(Succeed())
	g.Expect(s.Set("b", 2, time.Hour)).To(Succeed())
	g.Expect(s.Set("c", 3, 1)).To(Succeed())
	s.mu.Lock()
	defer s.Close()
	defer s.mu.Unlock()
	for key, want := range map[string]int{"a": 1, "b": 2, "c": 0, "d": 0} {
		present := want != 0
		within(g, "Get of "+key, func() {
			value, ok := s.Get(key)
			g.Expect(value).To(Equal(want))
			g.Expect(ok).To(Equal(present))
		})
		within(g, "GetEntry of "+key, func() {
			e, ok := s.GetEntry(key)
			g.Expect(e.Value).To(Equal(want))
			g.Expect(ok).To(Equal(present))
		})
		within(g, "GetLastModified of "+key, func() {
			_, ok := s.GetLastModified(key)
			g.Expect(ok).To(Equal(present))
		})
	}
}

// hammer runs each fn repeatedly on its own goroutine until write returns.
func hammer(write func(), fns ...func(r *rand.Rand)) {
	var stop atomic.Bool
	var readers sync.WaitGroup
	for i, fn := range fns {
		readers.Go(func() {
			for r := rand.New(rand.NewPCG(uint64(i), 2)); !stop.Load(); {
				fn(r)
			}
		})
	}
	write()
	stop.Store(true)
	readers.Wait()
}

// 15: whatever a writer does to other versions, keys and slots, a read finds a key
// that is always present, with a value that it had.
func TestReadersFindKeysThatAreAlwaysPresent(t *testing.T) {
	for _, bounded := range []bool{false, true} {
		t.Run(fmt.Sprint("bounded=", bounded), func(t *testing.T) {
			const keys, writes = 300, 60_000
			var opts []lastmodstore.Option
			if bounded {
				opts = append(opts, lastmodstore.MaxEntries(3*keys))
			}
			s := New[int, int](time.Millisecond, opts...)
			defer s.Close()
			s.table.Poison(7, -1)
			for k := range keys {
				s.Set(k, k, 0)
			}
			check := func(k, value int, ok bool) {
				if !bounded && (!ok || value%keys != k) || ok && value%keys != k {
					t.Errorf("key %d: %d, %v", k, value, ok)
				}
			}
			get := func(r *rand.Rand) {
				k := r.IntN(keys)
				value, ok := s.Get(k)
				check(k, value, ok)
			}
			getEntry := func(r *rand.Rand) {
				k := r.IntN(keys)
				e, ok := s.GetEntry(k)
				check(k, e.Value, ok)
			}
			hammer(func() {
				r := rand.New(rand.NewPCG(1, 1))
				for i := range writes {
					k := r.IntN(keys)
					switch r.IntN(8) {
					case 0:
						s.Touch(k, time.Duration(1+r.IntN(2))*time.Hour)
					case 1: // insert and remove other keys
						s.Set(keys+r.IntN(4*keys)*keys+k, k, time.Duration(1+r.IntN(1000)))
					case 2:
						s.Delete(keys + r.IntN(4*keys)*keys + k)
					case 3:
						s.SetMany(map[int]int{k: k + i*keys, (k + 1) % keys: (k+1)%keys + i*keys}, 0)
					default:
						s.Set(k, k+i*keys, 0)
					}
				}
			}, get, get, getEntry)
		})
	}
}

// 14: single reads, too, see a batch as a whole or not at all.
func TestSingleReadsNeverSeeHalfOfABatch(t *testing.T) {
	s := New[string, int](0)
	defer s.Close()
	read := func(first, second string) func(*rand.Rand) {
		return func(*rand.Rand) {
			a, _ := s.Get(first)
			b, _ := s.Get(second)
			if b < a {
				t.Errorf("%s was already %d when %s was still %d", first, a, second, b)
			}
		}
	}
	readEntry := func(*rand.Rand) {
		a, _ := s.GetEntry("c")
		b, _ := s.GetEntry("a")
		if b.Value < a.Value {
			t.Errorf("c was already %d when a was still %d", a.Value, b.Value)
		}
	}
	hammer(func() {
		for i := range 5_000 {
			s.SetMany(map[string]int{"a": i, "b": i, "c": i}, 0)
			if i%100 == 0 {
				runtime.Gosched()
			}
		}
	}, read("a", "b"), read("b", "a"), readEntry)
}

// 1, 15: a key that was renewed in time is present, even for a reader that has found
// the earlier version and reads the clock after that version's deadline.
func TestALateClockReadingDoesNotMakeAKeyAbsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s := New[string, int](0)
		defer s.Close()
		g.Expect(s.Set("a", 1, time.Second)).To(Succeed())
		lookUps := 0
		lookUp := func(tab *table.Table[string, int], h uint32, key string, c *table.Copy[int]) table.Result {
			result := tab.PeekCopy(h, key, c)
			if lookUps++; lookUps == 1 { // interrupt the reader between the look-up and the clock
				g.Expect(s.Set("a", lookUps+1, 2*time.Second)).To(Succeed())
				time.Sleep(time.Second)
			}
			return result
		}
		var c table.Copy[int]
		g.Expect(s.copyEntry(table.Short(table.Hash(s.seed, "a")), "a", &c, lookUp)).To(BeTrue())
		g.Expect(c.Entry(s.line).Value).To(Equal(2))
		g.Expect(lookUps).To(Equal(2))

		time.Sleep(3 * time.Second)
		g.Expect(s.copyEntry(table.Short(table.Hash(s.seed, "a")), "a", &c, lookUp)).To(BeFalse())
		g.Expect(c).To(Equal(table.Copy[int]{}))
	})
}

// 15: a read that finds its key expired waits for a write that may have found the
// entry live and be about to renew it: this read would not see the new deadline yet,
// but a later one would. No other read waits.
func TestAReadWaitsOnlyForTheRenewalOfItsKey(t *testing.T) {
	g := NewWithT(t)
	s := New[string, int](0)
	// A later insertion would remove the expired entries.
	g.Expect(s.SetMany(map[string]int{"a": 1, "b": 2, "c": 3}, 0)).To(Succeed())
	g.Expect(s.Set("a", 1, 1)).To(Succeed())
	g.Expect(s.Set("b", 2, 1)).To(Succeed())
	s.beginRenewal(table.Short(table.Hash(s.seed, "a")))
	var returned [2]atomic.Bool
	var waiting sync.WaitGroup
	for i, read := range []func(){
		func() { s.Get("a") },
		func() { s.GetEntry("a") },
	} {
		waiting.Go(func() {
			read()
			returned[i].Store(true)
		})
	}
	within(g, "reads of other keys", func() {
		s.Get("b")
		s.GetEntry("b")
		s.Get("c")
	})
	for range 1000 {
		runtime.Gosched()
	}
	g.Expect(returned[0].Load()).To(BeFalse())
	g.Expect(returned[1].Load()).To(BeFalse())
	s.endRenewal()
	waiting.Wait()
	g.Expect(s.Close()).To(Succeed())
}
