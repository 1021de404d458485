package actor

import (
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// 4: a sweep rests after a step that kept a request waiting; a tick that comes
// meanwhile does not end the rest.
func TestSweepRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		w := newSweep(timeline.Start(), time.Minute)
		defer w.stop()
		works := func() bool { return w.due != nil }
		g.Expect(works()).To(BeFalse())

		w.begin(1000)
		g.Expect(works()).To(BeTrue())
		w.stepped(true, false, 1001)
		g.Expect(works()).To(BeTrue(), "nobody waited")
		w.stepped(true, true, 1002)
		g.Expect(works()).To(BeFalse(), "a request waited")
		w.begin(2000)
		g.Expect(works()).To(BeFalse(), "it rests")
		g.Expect(w.cutoff).To(Equal(int64(2000)))

		time.Sleep(table.SweepPause)
		<-w.resting
		w.wake(3002)
		g.Expect(works()).To(BeTrue())
		w.stepped(true, true, 4002)
		g.Expect(works()).To(BeTrue(), "half as long as it rested")
		w.stepped(true, true, 4003)
		g.Expect(works()).To(BeFalse())
		time.Sleep(table.SweepPause)
		<-w.resting
		w.wake(5000)
		w.stepped(false, true, 9000)
		g.Expect(works()).To(BeFalse(), "it is done")
		g.Expect(w.resting).To(BeNil())
	})
}
