package compare

import (
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
)

func TestProgressIsSlowOrNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		var p progress
		done := make(chan struct{})
		go func() {
			c := p.caller()
			for range 30 { // slow, but not hanging
				time.Sleep(50 * time.Second)
				c.returned()
			}
			close(done)
		}()
		start := time.Now()
		g.Expect(p.await(done, time.Minute)).To(Succeed())
		g.Expect(time.Since(start)).To(Equal(1500 * time.Second))

		start = time.Now()
		g.Expect(p.await(nil, time.Minute)).To(MatchError(HavePrefix("21: no call has returned for 1m0s")))
		g.Expect(time.Since(start)).To(Equal(time.Minute))
	})
}

func TestProgressWithoutEndIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		var p progress
		ended := make(chan struct{})
		go func() {
			c := p.caller()
			for {
				select {
				case <-ended:
					return
				case <-time.After(time.Second):
					c.returned()
				}
			}
		}()
		start := time.Now()
		g.Expect(p.await(nil, time.Minute)).To(MatchError(ContainSubstring("not ended within 30m0s")))
		g.Expect(time.Since(start)).To(Equal(30 * time.Minute))
		close(ended)
	})
}
