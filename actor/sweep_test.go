package actor

import (
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// 4: a sweep rests after a step that kept a request waiting, and a tick during the
// rest does not end it.
func TestSweepRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		w := newSweep(timeline.Start(), time.Minute)
		defer w.stop()
		isDue := func() bool { return w.due != nil }
		g.Expect(isDue()).To(BeFalse())

		tick := func(now int64) {
			w.onTick(now)
			if w.acquiring != nil {
				w.acquiring <- struct{}{}
				w.begin(now)
			}
		}
		tick(1000)
		g.Expect(isDue()).To(BeTrue())
		w.afterStep(true, false, 1001)
		g.Expect(isDue()).To(BeTrue(), "no request waited")
		w.afterStep(true, true, 1002)
		g.Expect(isDue()).To(BeFalse(), "a request waited")
		tick(2000)
		g.Expect(isDue()).To(BeFalse(), "the sweep rests")
		g.Expect(w.cutoff).To(Equal(int64(2000)))

		time.Sleep(engine.SweepPause)
		<-w.resting
		w.wake(3002)
		g.Expect(isDue()).To(BeTrue())
		w.afterStep(true, true, 4002)
		g.Expect(isDue()).To(BeTrue(), "it has worked only half as long as it rested")
		w.afterStep(true, true, 4003)
		g.Expect(isDue()).To(BeFalse())
		time.Sleep(engine.SweepPause)
		<-w.resting
		w.wake(5000)
		w.afterStep(false, true, 9000)
		g.Expect(isDue()).To(BeFalse(), "the sweep is complete")
		g.Expect(w.resting).To(BeNil())
	})
}

// A sweep holds one semaphore at a time, uses a new one only from the next sweep on,
// and releases it when the owner ends.
func TestSweepReleasesTheSemaphoreItHolds(t *testing.T) {
	g := NewWithT(t)
	w := newSweep(timeline.Start(), time.Minute)
	old, shared := w.sem, engine.NewSemaphore()
	tick := func(now int64) {
		w.onTick(now)
		w.acquiring <- struct{}{}
		w.begin(now)
	}
	tick(1)
	g.Expect(old).To(HaveLen(1))
	w.setSem(shared)
	w.afterStep(false, false, 2)
	g.Expect(old).To(BeEmpty())
	tick(3)
	g.Expect(shared).To(HaveLen(1))
	w.afterStep(false, false, 4)
	g.Expect(shared).To(BeEmpty())

	w.onTick(5)
	w.setSem(old)
	g.Expect(w.acquiring).To(Equal(old), "a waiting sweep switches at once")
	old <- struct{}{}
	w.begin(6)
	w.stop()
	g.Expect(old).To(BeEmpty())
}
