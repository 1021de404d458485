package actor

import (
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/internal/engine"
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

		tick := func(now int64) {
			w.ask(now)
			if w.waiting != nil {
				w.waiting <- struct{}{}
				w.begin(now)
			}
		}
		tick(1000)
		g.Expect(works()).To(BeTrue())
		w.stepped(true, false, 1001)
		g.Expect(works()).To(BeTrue(), "nobody waited")
		w.stepped(true, true, 1002)
		g.Expect(works()).To(BeFalse(), "a request waited")
		tick(2000)
		g.Expect(works()).To(BeFalse(), "it rests")
		g.Expect(w.cutoff).To(Equal(int64(2000)))

		time.Sleep(engine.SweepPause)
		<-w.resting
		w.wake(3002)
		g.Expect(works()).To(BeTrue())
		w.stepped(true, true, 4002)
		g.Expect(works()).To(BeTrue(), "half as long as it rested")
		w.stepped(true, true, 4003)
		g.Expect(works()).To(BeFalse())
		time.Sleep(engine.SweepPause)
		<-w.resting
		w.wake(5000)
		w.stepped(false, true, 9000)
		g.Expect(works()).To(BeFalse(), "it is done")
		g.Expect(w.resting).To(BeNil())
	})
}

// A sweep has one turn at a time, takes another only when it is over, and keeps
// none when the owner ends.
func TestSweepGivesTheTurnBack(t *testing.T) {
	g := NewWithT(t)
	w := newSweep(timeline.Start(), time.Minute)
	old, shared := w.turn, engine.NewSemaphore()
	tick := func(now int64) {
		w.ask(now)
		w.waiting <- struct{}{}
		w.begin(now)
	}
	tick(1)
	g.Expect(old).To(HaveLen(1))
	w.share(shared)
	w.stepped(false, false, 2)
	g.Expect(old).To(BeEmpty())
	tick(3)
	g.Expect(shared).To(HaveLen(1))
	w.stepped(false, false, 4)
	g.Expect(shared).To(BeEmpty())

	w.ask(5)
	w.share(old)
	g.Expect(w.waiting).To(Equal(old), "it waits for the new one")
	old <- struct{}{}
	w.begin(6)
	w.stop()
	g.Expect(old).To(BeEmpty())
}
