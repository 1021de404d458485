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
		const pause = int64(engine.SweepPause)
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
		w.afterStep(true, true, 1000+pause)
		g.Expect(isDue()).To(BeTrue(), "it has not worked long")
		now := 1001 + pause
		w.afterStep(true, true, now)
		g.Expect(isDue()).To(BeFalse(), "a request waited")
		tick(now + pause)
		g.Expect(isDue()).To(BeFalse(), "the sweep rests")
		g.Expect(w.cutoff).To(Equal(now + pause))

		time.Sleep(engine.SweepPause)
		<-w.resting
		now += 4 * pause
		w.wake(now)
		g.Expect(isDue()).To(BeTrue())
		w.afterStep(true, true, now+2*pause)
		g.Expect(isDue()).To(BeTrue(), "it has worked only half as long as it rested")
		w.afterStep(true, true, now+2*pause+1)
		g.Expect(isDue()).To(BeFalse())
		time.Sleep(engine.SweepPause)
		<-w.resting
		now += 8 * pause
		w.wake(now)
		w.afterStep(false, true, now+8*pause)
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
