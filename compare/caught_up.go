package compare

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// caughtUp tests the event that marks the end of what happened before Watch was called.
func caughtUp(c *cases) {
	c = c.on(anyShards)
	c.add("24: CaughtUp follows the entries that were there, and comes at once if there are none", func(t *tester) {
		s := t.open()
		t.Expect(t.untilCaughtUp(s, time.Time{})).To(HaveLen(1))
		const n = 3000 // several pages
		for i := range n {
			t.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
		}
		events := t.untilCaughtUp(s, time.Time{})
		t.Expect(events).To(HaveLen(n + 1))
		t.Expect(events[n].Key).To(BeZero())
		t.Expect(events[n].Entry).To(BeZero())
		t.Expect(t.untilCaughtUp(s, events[n].At)).To(HaveLen(1))
		t.Expect(s.Delete("7")).To(BeTrue())
		t.Expect(describe(t.untilCaughtUp(s, events[n].At))).To(Equal([]string{"Deleted 7 7", "CaughtUp  0"}))
	})
	c.addInBubble("24: CaughtUp comes once in a loop, whatever follows", oneCaughtUp)
	c.addInBubble("24: the position of CaughtUp misses and repeats nothing, while the clock stands still", caughtUpPositions)
	c.addInBubble("25: CaughtUp follows each Resync", caughtUpAfterResync)
	c.add("24: what a loop has yielded up to CaughtUp is at least as new as its call", caughtUpWhileWriting)
}

// untilCaughtUp returns the events after since, up to CaughtUp.
func (t *tester) untilCaughtUp(s stringStore, since time.Time) (events []event) {
	t.Helper()
	t.concurrently(1, func(_ int, c *caller) {
		for e := range s.Watch(context.Background(), since) {
			c.returned()
			if events = append(events, e); e.Kind == lastmodstore.CaughtUp {
				return
			}
		}
	})
	return events
}

func oneCaughtUp(t *tester) {
	s := t.engine.Strings(0)
	defer s.Close()
	t.Expect(s.Set("a", 0, 0)).To(Succeed())
	var kinds []lastmodstore.EventKind
	t.Go(func() {
		for e := range s.Watch(context.Background(), time.Time{}) {
			kinds = append(kinds, e.Kind)
		}
	})
	want := []lastmodstore.EventKind{lastmodstore.Modified, lastmodstore.CaughtUp}
	for i := range 20 {
		synctest.Wait()
		t.Expect(kinds).To(Equal(want))
		t.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
		want = append(want, lastmodstore.Modified)
		time.Sleep(time.Microsecond)
	}
}

func caughtUpPositions(t *tester) {
	s := t.openLogged()
	defer s.Close()
	at := time.Time{}
	for i := range 40 {
		mark := t.untilCaughtUp(s, at)
		at = mark[len(mark)-1].At
		key, want := fmt.Sprint(i), fmt.Sprint("Modified ", i, " ", i)
		t.Expect(s.Set(key, i, 0)).To(Succeed())
		if i%3 == 2 {
			t.Expect(s.Delete(key)).To(BeTrue())
			want = fmt.Sprint("Deleted ", i, " ", i)
		}
		t.Expect(describe(t.untilCaughtUp(s, at))).To(Equal([]string{want, "CaughtUp  0"}))
	}
}

func caughtUpAfterResync(t *tester) {
	s := t.engine.Strings(0)
	defer s.Close()
	var kinds []lastmodstore.EventKind
	last := time.Now().Add(-time.Hour)
	t.Go(func() {
		for e := range s.Watch(context.Background(), last) {
			if e.At.Before(last) {
				t.Errorf("24: %v at %v follows %v", e.Kind, e.At, last)
			}
			kinds, last = append(kinds, e.Kind), e.At
		}
	})
	for range 3 {
		synctest.Wait()
		t.Expect(len(kinds)).To(BeNumerically(">=", 2)) // Clear of several shards may show as several
		t.Expect(kinds[0]).To(Equal(lastmodstore.Resync))
		for i, kind := range kinds[1:] {
			t.Expect(kind == lastmodstore.CaughtUp && kinds[i] == kind).To(BeFalse(), "24: %v", kinds)
		}
		t.Expect(kinds[len(kinds)-1]).To(Equal(lastmodstore.CaughtUp))
		kinds = nil
		time.Sleep(time.Microsecond)
		t.Expect(s.Clear()).To(Succeed())
	}
}

// caughtUpWhileWriting compares what watchers know with what was stored before they
// began. Each key's values rise.
func caughtUpWhileWriting(t *tester) {
	const keys = 600 // more than one page
	s := t.engine.Strings(0)
	defer s.Close()
	var stored [keys]atomic.Int64
	write := func(key, value int) {
		s.Set(fmt.Sprint(key), value, 0)
		stored[key].Store(int64(value))
	}
	for key := range keys {
		write(key, 1)
	}
	writers := t.workers()
	for id := range 2 {
		c := t.caller()
		writers.Go(func() {
			for i := range t.atLength(10_000, 500_000) {
				write(i%(keys/2)*2+id, i+2)
				c.returned()
			}
		})
	}
	for range t.rounds(100, 2000) {
		var floor, known [keys]int64
		for key := range keys {
			floor[key] = stored[key].Load()
		}
		for _, e := range t.untilCaughtUp(s, time.Time{}) {
			if e.Kind == lastmodstore.Modified {
				key, err := strconv.Atoi(e.Key)
				t.Expect(err).NotTo(HaveOccurred())
				known[key] = int64(e.Entry.Value)
			}
		}
		for key := range keys {
			if known[key] < floor[key] {
				t.Errorf("24: at CaughtUp, %d is known as %d, and was %d before the call", key, known[key], floor[key])
			}
		}
	}
	writers.Wait()
}
