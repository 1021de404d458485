package lastmodstore_test

import (
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
	"github.com/lastmodstore/lastmodstore/compare/engines"
)

// 10: contending callers take turns, whether the function takes a microsecond or 20 ms.
func TestUpdateTakesTurnsWithASlowFunction(t *testing.T) {
	for _, took := range []time.Duration{time.Microsecond, time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond} {
		t.Run(took.String(), func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				const callers = 64
				counts := make(chan int, callers)
				for range callers {
					go func() {
						runs := 0
						lastmodstore.Update(s, "k", func(old intEntry, _ bool) (int, time.Duration, error) {
							runs++
							time.Sleep(took)
							return old.Value + 1, 0, nil
						})
						counts <- runs
					}()
				}
				all, worst := 0, 0
				for range callers {
					runs := <-counts
					all, worst = all+runs, max(worst, runs)
				}
				n, _ := s.Get("k")
				g.Expect(n).To(Equal(callers))
				g.Expect(float64(all)/callers).To(BeNumerically("<=", 2.5), "average number of runs per call")
				g.Expect(worst).To(BeNumerically("<=", 20), "maximum number of runs of one call")
			})
		})
	}
}

// 18, 21: an unhashable key panics in its caller, even while other calls contend, and the
// other calls keep working.
func TestUpdateOfAnUnhashableKeyPanicsInItsCallerOnly(t *testing.T) {
	for _, e := range engines.All() {
		for name, e := range map[string]compare.Engine{e.Name: e, "sharded " + e.Name: compare.Shards(4, e)} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					g := NewWithT(t)
					s := e.Any(0)
					defer s.Close()
					increment := func(key any) {
						lastmodstore.Update(s, key, func(old lastmodstore.Entry[any], _ bool) (any, time.Duration, error) {
							time.Sleep(time.Millisecond)
							n, _ := old.Value.(int)
							return n + 1, 0, nil
						})
					}
					const callers = 8
					for range callers {
						go increment("k")
					}
					time.Sleep(2500 * time.Microsecond)
					synctest.Wait()
					for range 3 {
						g.Expect(func() { increment([]int{1}) }).To(Panic())
					}
					time.Sleep(time.Minute)
					synctest.Wait()
					n, _ := s.Get("k")
					g.Expect(n).To(Equal(callers))
				})
			})
		}
	}
}
