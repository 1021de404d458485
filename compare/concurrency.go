package compare

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

func concurrency(c *cases) {
	oneKeyConcurrently(c)
	manyKeysConcurrently(c)
	callersCode(c)
}

func oneKeyConcurrently(c *cases) {
	c.with(Adding).add("10: no addition is lost", func(t *tester) {
		s := t.open()
		t.concurrently(8, func(_ int, c *caller) {
			for range 200 {
				_, err := lastmodstore.Add(s, "n", 1, time.Hour)
				t.Expect(err).NotTo(HaveOccurred())
				c.returned()
			}
		})
		t.Expect(valueOf(s, "n")).To(Equal(1600))
	})
	c.with(Conditions).add("10: no update is lost", func(t *tester) {
		s := t.open()
		t.concurrently(8, func(_ int, c *caller) {
			for range 100 {
				_, err := lastmodstore.Update(s, "n", func(old entry, _ bool) (int, time.Duration, error) {
					return old.Value + 1, 0, nil
				})
				t.Expect(err).NotTo(HaveOccurred())
				c.returned()
			}
		})
		t.Expect(valueOf(s, "n")).To(Equal(800))
	})
	c.with(Conditions).add("15: of many SetIfAbsent one wins, of many GetAndDelete one receives", func(t *tester) {
		s := t.open()
		for range 50 {
			var won, received atomic.Int32
			t.concurrently(4, func(i int, _ *caller) {
				if _, stored, _ := lastmodstore.SetIfAbsent(s, "k", i, 0); stored {
					won.Add(1)
				}
			})
			t.concurrently(4, func(int, *caller) {
				if _, ok, _ := s.GetAndDelete("k"); ok {
					received.Add(1)
				}
			})
			t.Expect([]int32{won.Load(), received.Load()}).To(Equal([]int32{1, 1}))
		}
	})
	c.add("15: a goroutine reads its own writes", func(t *tester) {
		s := t.open()
		t.concurrently(4, func(i int, c *caller) {
			key := fmt.Sprint(i)
			for n := range 300 {
				t.Expect(s.Set(key, n, 0)).To(Succeed())
				t.Expect(valueOf(s, key)).To(Equal(n))
				if n%3 == 0 {
					t.Expect(s.Delete(key)).To(BeTrue())
					t.Expect(valueOf(s, key)).To(BeNil())
				}
				c.returned()
			}
		})
	})
	c.with(Conditions).add("6: no two modifications share a LastModified", func(t *tester) {
		s := t.open()
		var seen sync.Map
		t.concurrently(4, func(i int, c *caller) {
			for n := range 300 {
				e, stored, err := s.SetIfUnmodifiedSince(fmt.Sprint(i%2), n, 0, time.Time{})
				t.Expect(err).NotTo(HaveOccurred())
				if stored {
					_, twice := seen.LoadOrStore(e.LastModified.UnixNano(), n)
					t.Expect(twice).To(BeFalse())
				}
				s.Delete(fmt.Sprint(i % 2))
				c.returned()
			}
		})
	})
}

func manyKeysConcurrently(c *cases) {
	c.with(Batches).add("14: GetMany sees SetMany as a whole, at one instant", func(t *tester) {
		s := t.open()
		keys := []string{"a", "b", "c", "d"}
		t.concurrently(4, func(i int, c *caller) {
			for n := range 300 {
				if i%2 == 0 {
					values := map[string]int{}
					for _, k := range keys {
						values[k] = i*1000 + n
					}
					t.Expect(s.SetMany(values, time.Hour)).To(Succeed())
				} else if got := s.GetMany(keys); len(got) > 0 {
					t.Expect(got).To(HaveLen(len(keys)))
					for _, e := range got {
						t.Expect(e.Value).To(Equal(got["a"].Value))
					}
				}
				c.returned()
			}
		})
	})
	c.with(Batches).add("14: single reads see SetMany as a whole", func(t *tester) {
		s := t.open()
		t.Expect(s.SetMany(map[string]int{"a": 0, "b": 0}, 0)).To(Succeed())
		t.concurrently(3, func(i int, c *caller) {
			for n := range 1000 {
				if i == 0 {
					t.Expect(s.SetMany(map[string]int{"a": n, "b": n}, 0)).To(Succeed())
				} else {
					first, second := []string{"a", "b"}[i%2], []string{"b", "a"}[i%2]
					one, _ := s.Get(first)
					other, _ := s.Get(second)
					t.Expect(other).To(BeNumerically(">=", one), "a read after that of %s is of an older batch", first)
				}
				c.returned()
			}
		})
	})
	c.add("4, 21: Cleanup ends while writers insert entries that expire at once", func(t *tester) {
		s := t.open()
		var over atomic.Bool
		t.concurrently(5, func(i int, c *caller) {
			for n := 0; i > 0 && !over.Load(); n++ {
				t.Expect(s.Set(fmt.Sprintf("%d-%d", i, n), n, time.Microsecond)).To(Succeed())
				t.Expect(s.Len()).To(BeNumerically("<", 10_000), "insertions outrun the sweep")
			}
			if i == 0 { // only this one counts as progress: the writers do not end by themselves
				for range 20 {
					s.Cleanup()
					c.returned()
				}
				over.Store(true)
			}
		})
	})
	c.add("12: All yields what stays exactly once, concurrently with writers and cleanups", func(t *tester) {
		s := t.open()
		for i := range 1500 {
			t.set(s, fmt.Sprintf("stays-%d", i), i, 0)
		}
		t.concurrently(3, func(i int, c *caller) {
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
						t.Expect(seen[fmt.Sprintf("stays-%d", i)]).To(Equal(1))
					}
				}
				c.returned()
			}
		})
	})
}

func callersCode(c *cases) {
	c.with(Changes).add("11: the body of a loop may do anything", func(t *tester) {
		s := t.open()
		for i := range 1000 {
			t.set(s, fmt.Sprint(i), i, 0)
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
	c.with(Conditions).add("10, 11: the function of Update may call the store, and runs again if another writer got in first", func(t *tester) {
		s := t.open()
		runs := 0
		_, err := lastmodstore.Update(s, "a", func(old entry, ok bool) (int, time.Duration, error) {
			if runs++; runs < 3 {
				t.set(s, "a", runs, 0) // another writer gets in first, twice
			}
			return old.Value + 10, 0, nil
		})
		t.Expect(err).NotTo(HaveOccurred())
		t.Expect([]any{runs, valueOf(s, "a")}).To(Equal([]any{3, 12}))
	})
	c.with(Conditions).add("10: the function of Update runs on the caller's goroutine, so its panic is the caller's", func(t *tester) {
		s := t.open()
		t.set(s, "a", 1, 0)
		for range 3 {
			t.Expect(func() {
				lastmodstore.Update(s, "a", func(entry, bool) (int, time.Duration, error) { panic("mine") })
			}).To(PanicWith("mine"))
		}
		updated, err := lastmodstore.Update(s, "a", func(old entry, ok bool) (int, time.Duration, error) {
			return old.Value + 1, 0, nil
		})
		t.Expect(err).NotTo(HaveOccurred())
		t.Expect(updated.Value).To(Equal(2))
	})
	c.with(Batches, Changes).add("12: writers never wait for the body of a loop", func(t *tester) {
		s := t.open()
		t.set(s, "a", 1, 0)
		for _, loop := range loops {
			n := 0
			for range loop(s) {
				if n++; n > 1 {
					break // an entry that was created meanwhile
				}
				t.concurrently(4, func(i int, _ *caller) {
					t.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
					t.Expect(s.SetMany(map[string]int{"a": 1, "b": 2}, 0)).To(Succeed())
					s.Cleanup()
				})
			}
			t.Expect(n).NotTo(BeZero())
		}
	})
}
