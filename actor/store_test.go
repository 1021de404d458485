package actor

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/lastmodstore/lastmodstore/internal/table"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func ExampleNew() {
	s := New[string, int](time.Minute)
	defer s.Close()
	s.Set("answer", 42, time.Hour)
	fmt.Println(s.Get("answer"))
	// Output: 42 true
}

func TestOwnerDoesNotYieldForAWhileAfterASlowYield(t *testing.T) {
	g := NewWithT(t)
	var y yielder
	y.yield(1000)
	y.measure(1000 + slowYield)
	g.Expect(y.notBefore).To(BeZero(), "not slow")

	y.yield(5000)
	late := 5000 + 2*slowYield
	y.measure(late)
	g.Expect(y.notBefore).To(Equal(late + 2*yieldPenalty*slowYield))
	y.yield(y.notBefore - 1)
	g.Expect(y.began).To(BeZero(), "did not yield")
	y.yield(y.notBefore)
	g.Expect(y.began).To(Equal(y.notBefore), "yielded")
}

func TestIdleTimeIsNotASlowYield(t *testing.T) {
	g := NewWithT(t)
	var y yielder
	y.yield(1000)
	y.reset()
	y.measure(1000 + 100*slowYield)
	g.Expect(y.notBefore).To(BeZero())
}

// Writers that never pause must not keep the owner from its ticks.
func TestSweepsContinueUnderLoad(t *testing.T) {
	g := NewWithT(t)
	s := New[int, int](time.Millisecond)
	defer s.Close()
	for i := range 10 * table.SweepLimit {
		g.Expect(s.Set(-1-i, i, time.Microsecond)).To(Succeed())
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for c := range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					s.Set(c, 0, 0)
				}
			}
		})
	}
	g.Eventually(s.Len).WithTimeout(time.Minute).Should(Equal(4))
	close(stop)
	wg.Wait()
}

func TestCloseWaitsForTheOwner(t *testing.T) {
	g := NewWithT(t)
	for range 100 {
		s := New[string, int](0)
		g.Expect(s.Close()).To(Succeed())
		g.Expect(s.stopped).To(BeClosed())
	}
}

func TestTicksComeAtWholeIntervals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s := New[string, int](time.Second)
		defer s.Close()
		for i := range 5 {
			time.Sleep(time.Second)
			synctest.Wait()
			g.Expect(s.Stats().Sweeps).To(BeEquivalentTo(i + 1))
		}
	})
}
