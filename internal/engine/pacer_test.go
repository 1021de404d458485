package engine

import (
	"testing"

	. "github.com/onsi/gomega"
)

func TestPacerRestsAfterContentionAndAfterAStretchOfWork(t *testing.T) {
	g := NewWithT(t)
	var p Pacer
	p.Begin(1000)
	g.Expect(p.ShouldRest(true, 1000+int64(SweepPause))).To(BeFalse(), "it works for as long as it will rest")
	g.Expect(p.ShouldRest(true, 1001+int64(SweepPause))).To(BeTrue(), "a caller waited")
	g.Expect(p.ShouldRest(false, 1000+stretch)).To(BeFalse())
	g.Expect(p.ShouldRest(false, 1001+stretch)).To(BeTrue(), "a stretch of work has passed")

	p.Wake(2000, 2000+10*stretch)
	now := 2000 + 10*stretch
	g.Expect(p.ShouldRest(true, now+5*stretch)).To(BeFalse(), "it works for half the duration of the rest")
	g.Expect(p.ShouldRest(true, now+5*stretch+1)).To(BeTrue())
	g.Expect(p.ShouldRest(false, now+5*stretch+1)).To(BeTrue())

	p.Begin(now)
	g.Expect(p.ShouldRest(true, now+1+int64(SweepPause))).To(BeTrue(), "the previous sweep does not count")
}
