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

// beside runs f on n goroutines and waits for them.
func beside(n int, f func(i int)) {
	GinkgoHelper()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			defer GinkgoRecover()
			f(i)
		})
	}
	all := make(chan struct{})
	go func() { wg.Wait(); close(all) }()
	Eventually(all).WithTimeout(time.Minute).Should(BeClosed(), "21: a call hangs")
}

func concurrency(e Engine) {
	It("10: no addition is lost", func() {
		s := opened(e)
		beside(8, func(int) {
			for range 200 {
				_, err := lastmodstore.Add(s, "n", 1, time.Hour)
				Expect(err).NotTo(HaveOccurred())
			}
		})
		Expect(valueOf(s, "n")).To(Equal(1600))
	})
	It("15: of many SetIfAbsent one wins, of many GetAndDelete one receives", func() {
		s := opened(e)
		for range 50 {
			var won, received atomic.Int32
			beside(4, func(i int) {
				if _, stored, _ := lastmodstore.SetIfAbsent(s, "k", i, 0); stored {
					won.Add(1)
				}
			})
			beside(4, func(int) {
				if _, ok, _ := s.GetAndDelete("k"); ok {
					received.Add(1)
				}
			})
			Expect([]int32{won.Load(), received.Load()}).To(Equal([]int32{1, 1}))
		}
	})
	It("14: SetMany is seen whole, by GetMany at one instant", func() {
		s := opened(e)
		keys := []string{"a", "b", "c", "d"}
		beside(4, func(i int) {
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
			}
		})
	})
	It("6: no two modifications share a LastModified", func() {
		s := opened(e)
		var seen sync.Map
		beside(4, func(i int) {
			for n := range 300 {
				e, stored, err := s.SetIfUnmodifiedSince(fmt.Sprint(i%2), n, 0, time.Time{})
				Expect(err).NotTo(HaveOccurred())
				if stored {
					_, twice := seen.LoadOrStore(e.LastModified.Round(0), n)
					Expect(twice).To(BeFalse())
				}
				s.Delete(fmt.Sprint(i % 2))
			}
		})
	})
	It("4, 21: Cleanup ends beside writers whose entries expire at once", func() {
		s := opened(e)
		var over atomic.Bool
		beside(5, func(i int) {
			for n := 0; i > 0 && !over.Load(); n++ {
				Expect(s.Set(fmt.Sprintf("%d-%d", i, n), n, time.Microsecond)).To(Succeed())
				Expect(s.Len()).To(BeNumerically("<", 10_000), "insertions outrun the sweep")
			}
			if i == 0 {
				for range 20 {
					s.Cleanup()
				}
				over.Store(true)
			}
		})
	})
	It("11: the function of Update and the body of a loop may do anything", func() {
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
		tries := 0
		_, err := lastmodstore.Update(s, "a", func(old entry, ok bool) (int, time.Duration, error) {
			if tries++; tries < 3 {
				set(s, "a", tries, 0) // somebody else is faster, twice
			}
			return old.Value + 10, 0, nil
		})
		Expect(err).NotTo(HaveOccurred())
		Expect([]any{tries, valueOf(s, "a")}).To(Equal([]any{3, 12}))
	})
	It("12: All yields what stays exactly once beside writers and cleanups", func() {
		s := opened(e)
		for i := range 1500 {
			set(s, fmt.Sprintf("stays-%d", i), i, 0)
		}
		beside(3, func(i int) {
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
			}
		})
	})
}
