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
		var p Progress
		done := make(chan struct{})
		go func() {
			c := p.Caller()
			for range 100 { // slow, but not hanging
				time.Sleep(50 * time.Second)
				c.Returned()
			}
			close(done)
		}()
		start := time.Now()
		g.Expect(p.Await(done)).To(Succeed())
		g.Expect(time.Since(start)).To(Equal(5000 * time.Second))

		start = time.Now()
		g.Expect(p.Await(nil)).To(MatchError(And(HavePrefix("21: no call has returned"), ContainSubstring("TestProgressIsSlowOrNone"))))
		g.Expect(time.Since(start)).To(Equal(time.Minute))
	})
}
