package compare

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// concurrently runs f on n goroutines and waits for them. f notes each call that
// returned.
func concurrently(n int, f func(i int, c *Caller)) {
	GinkgoHelper()
	var p Progress
	var wg sync.WaitGroup
	for i := range n {
		c := p.Caller()
		wg.Go(func() {
			defer GinkgoRecover()
			f(i, c)
		})
	}
	all := make(chan struct{})
	go func() { wg.Wait(); close(all) }()
	Expect(p.Await(all)).To(Succeed())
}

func concurrency(e Engine) {
	Describe("of one key", func() { oneKeyConcurrently(e) })
	Describe("of many keys", func() { manyKeysConcurrently(e) })
	Describe("of caller-supplied code", func() { callersCode(e) })
}

func oneKeyConcurrently(e Engine) {
	It("10: no addition is lost", func() {
		s := opened(e)
		concurrently(8, func(_ int, c *Caller) {
			for range 200 {
				_, err := lastmodstore.Add(s, "n", 1, time.Hour)
				Expect(err).NotTo(HaveOccurred())
				c.Returned()
			}
		})
		Expect(valueOf(s, "n")).To(Equal(1600))
	})
	It("10: no update is lost", func() {
		s := opened(e)
		concurrently(8, func(_ int, c *Caller) {
			for range 100 {
				_, err := lastmodstore.Update(s, "n", func(old entry, _ bool) (int, time.Duration, error) {
					return old.Value + 1, 0, nil
				})
				Expect(err).NotTo(HaveOccurred())
				c.Returned()
			}
		})
		Expect(valueOf(s, "n")).To(Equal(800))
	})
	It("15: of many SetIfAbsent one wins, of many GetAndDelete one receives", func() {
		s := opened(e)
		for range 50 {
			var won, received atomic.Int32
			concurrently(4, func(i int, _ *Caller) {
				if _, stored, _ := lastmodstore.SetIfAbsent(s, "k", i, 0); stored {
					won.Add(1)
				}
			})
			concurrently(4, func(int, *Caller) {
				if _, ok, _ := s.GetAndDelete("k"); ok {
					received.Add(1)
				}
			})
			Expect([]int32{won.Load(), received.Load()}).To(Equal([]int32{1, 1}))
		}
	})
	It("15: a goroutine reads its own writes", func() {
		s := opened(e)
		concurrently(4, func(i int, c *Caller) {
			key := fmt.Sprint(i)
			for n := range 300 {
				Expect(s.Set(key, n, 0)).To(Succeed())
				Expect(valueOf(s, key)).To(Equal(n))
				if n%3 == 0 {
					Expect(s.Delete(key)).To(BeTrue())
					Expect(valueOf(s, key)).To(BeNil())
				}
				c.Returned()
			}
		})
	})
	It("6: no two modifications share a LastModified", func() {
		s := opened(e)
		var seen sync.Map
		concurrently(4, func(i int, c *Caller) {
			for n := range 300 {
				e, stored, err := s.SetIfUnmodifiedSince(fmt.Sprint(i%2), n, 0, time.Time{})
				Expect(err).NotTo(HaveOccurred())
				if stored {
					_, twice := seen.LoadOrStore(e.LastModified.UnixNano(), n)
					Expect(twice).To(BeFalse())
				}
				s.Delete(fmt.Sprint(i % 2))
				c.Returned()
			}
		})
	})
}

func manyKeysConcurrently(e Engine) {
	It("14: GetMany sees SetMany as a whole, at one instant", func() {
		s := opened(e)
		keys := []string{"a", "b", "c", "d"}
		concurrently(4, func(i int, c *Caller) {
			for n := range 300 {
				if i%2 == 0 {
					values := map[string]int{}
					for _, k := range keys {
						values[k] = i*1000 + n
					}
					Expect(s.SetMany(values, time.Hour)).To(Succeed())
				} else if got := s.GetMany(keys); len(got) > 0 {
					Expect(got).To(HaveLen(len(keys)))
					for _, e := range got {
						Expect(e.Value).To(Equal(got["a"].Value))
					}
				}
				c.Returned()
			}
		})
	})
	It("14: single reads see SetMany as a whole", func() {
		s := opened(e)
		Expect(s.SetMany(map[string]int{"a": 0, "b": 0}, 0)).To(Succeed())
		concurrently(3, func(i int, c *Caller) {
			for n := range 1000 {
				if i == 0 {
					Expect(s.SetMany(map[string]int{"a": n, "b": n}, 0)).To(Succeed())
				} else {
					first, second := []string{"a", "b"}[i%2], []string{"b", "a"}[i%2]
					one, _ := s.Get(first)
					other, _ := s.Get(second)
					Expect(other).To(BeNumerically(">=", one), "a read after that of %s is of an older batch", first)
				}
				c.Returned()
			}
		})
	})
	It("4, 21: Cleanup ends while writers insert entries that expire at once", func() {
		s := opened(e)
		var over atomic.Bool
		concurrently(5, func(i int, c *Caller) {
			for n := 0; i > 0 && !over.Load(); n++ {
				Expect(s.Set(fmt.Sprintf("%d-%d", i, n), n, time.Microsecond)).To(Succeed())
				Expect(s.Len()).To(BeNumerically("<", 10_000), "insertions outrun the sweep")
			}
			if i == 0 { // the only one that counts: the writers never end by themselves
				for range 20 {
					s.Cleanup()
					c.Returned()
				}
				over.Store(true)
			}
		})
	})
	It("12: All yields what stays exactly once, concurrently with writers and cleanups", func() {
		s := opened(e)
		for i := range 1500 {
			set(s, fmt.Sprintf("stays-%d", i), i, 0)
		}
		concurrently(3, func(i int, c *Caller) {
			for n := range 1500 {
				switch key := fmt.Sprintf("goes-%d-%d", i, n); {
				case i > 0:
					s.Set(key, n, time.Duration(n))
					s.Delete(fmt.Sprintf("goes-%d-%d", i, n/2))
					s.Cleanup()
				case n%100 == 0:
					seen := map[string]int{}
					for key := range s.All() {
						seen[key]++
					}
					for i := range 1500 {
						Expect(seen[fmt.Sprintf("stays-%d", i)]).To(Equal(1))
					}
				}
				c.Returned()
			}
		})
	})
}

func callersCode(e Engine) {
	It("11: the body of a loop may do anything", func() {
		s := opened(e)
		for i := range 1000 {
			set(s, fmt.Sprint(i), i, 0)
		}
		for key := range s.ModifiedSince(time.Time{}) {
			s.Delete(key)
			s.Cleanup()
			for range s.All() {
				break
			}
			if key == "500" {
				s.Clear()
			}
		}
	})
	It("10, 11: the function of Update may call the store, and runs again if another writer got in first", func() {
		s := opened(e)
		runs := 0
		_, err := lastmodstore.Update(s, "a", func(old entry, ok bool) (int, time.Duration, error) {
			if runs++; runs < 3 {
				set(s, "a", runs, 0) // another writer gets in first, twice
			}
			return old.Value + 10, 0, nil
		})
		Expect(err).NotTo(HaveOccurred())
		Expect([]any{runs, valueOf(s, "a")}).To(Equal([]any{3, 12}))
	})
	It("10: the function of Update runs on the caller's goroutine, so its panic is the caller's", func() {
		s := opened(e)
		set(s, "a", 1, 0)
		for range 3 {
			Expect(func() {
				lastmodstore.Update(s, "a", func(entry, bool) (int, time.Duration, error) { panic("mine") })
			}).To(PanicWith("mine"))
		}
		updated, err := lastmodstore.Update(s, "a", func(old entry, ok bool) (int, time.Duration, error) {
			return old.Value + 1, 0, nil
		})
		Expect(err).NotTo(HaveOccurred())
		Expect(updated.Value).To(Equal(2))
	})
	It("12: writers never wait for the body of a loop", func() {
		s := opened(e)
		set(s, "a", 1, 0)
		for _, loop := range loops {
			n := 0
			for range loop(s) {
				if n++; n > 1 {
					break // an entry that was created meanwhile
				}
				concurrently(4, func(i int, _ *Caller) {
					Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
					Expect(s.SetMany(map[string]int{"a": 1, "b": 2}, 0)).To(Succeed())
					s.Cleanup()
				})
			}
			Expect(n).NotTo(BeZero())
		}
	})
}
