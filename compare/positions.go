package compare

import (
	"context"
	"fmt"
	"slices"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// positions tests positions of the feed that a store did not give.
func positions(c *cases) {
	c = c.on(anyShards).with(Feed)
	c.with(Merging).addInBubble("25: a position ahead of the store is that of an earlier store", positionAhead)
	c.addInBubble("25: a position that the store gave needs no Resync, while the clock stands still", func(t *tester) {
		positionsGiven(t, func(stringStore) {})
	})
	c.with(Merging).addInBubble("25: a position that the store gave needs no Resync, after a Merge ahead of the clock", func(t *tester) {
		positionsGiven(t, func(s stringStore) { s.Merge("a", entry{LastModified: time.Now().Add(50 * time.Second)}) })
	})
	c.addInBubble("25: a new store begins with Resync for a position from before it was opened", freshStore)
}

// openLogged opens a store that remembers all that a case removes.
func (t *tester) openLogged() stringStore {
	return t.engine.Strings(0, lastmodstore.RemovalLog(1000))
}

// eventsNow returns the events after since that are there, in a bubble.
func (t *tester) eventsNow(s stringStore, since time.Time) (events []lastmodstore.Event[string, int]) {
	ctx, cancel := context.WithCancel(context.Background())
	t.Go(func() {
		for e := range s.Watch(ctx, since) {
			events = append(events, e)
		}
	})
	synctest.Wait()
	cancel()
	synctest.Wait()
	return events
}

// positionAhead takes a position of an earlier store, whose times were ahead of the
// clock: what is missed is not known.
func positionAhead(t *tester) {
	old := t.openLogged()
	t.Expect(old.Merge("a", entry{LastModified: time.Now().Add(50 * time.Second)})).To(BeTrue())
	t.Expect(old.Set("b", 1, 0)).To(Succeed())
	position, ok := old.GetLastModified("b")
	t.Expect(ok).To(BeTrue())
	old.Close()

	time.Sleep(5 * time.Second)
	for entries := range 3 {
		s := t.openLogged()
		for i := range entries {
			t.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
		}
		events := t.eventsNow(s, position)
		t.Expect(events).NotTo(BeEmpty())
		first := events[0]
		t.Expect(first.Kind).To(Equal(lastmodstore.Resync))
		t.Expect(first.At.Before(position)).To(BeTrue(), "a position of this store")

		t.Expect(s.Set("c", 7, 0)).To(Succeed())
		time.Sleep(time.Millisecond)
		next := slices.DeleteFunc(t.eventsNow(s, first.At), func(e event) bool { return e.Kind == lastmodstore.CaughtUp })
		t.Expect(next).NotTo(BeEmpty(), "it continues from there")
		t.Expect(next[len(next)-1].Key).To(Equal("c"))
		t.Expect(next[0].Kind).To(Equal(lastmodstore.Modified))
		s.Close()
	}
}

// positionsGiven checks that no position that the store itself gave is taken for
// one that is ahead, however far its times are ahead of the clock.
func positionsGiven(t *tester, prepare func(s stringStore)) {
	s := t.openLogged()
	defer s.Close()
	prepare(s)
	var positions []time.Time
	for i := range 40 {
		key := fmt.Sprint(i)
		t.Expect(s.Set(key, i, 0)).To(Succeed())
		at, _ := s.GetLastModified(key)
		positions = append(positions, at)
		if i%3 == 0 {
			s.Delete(key)
		}
	}
	resync := t.eventsNow(s, time.Now().Add(-time.Hour))
	t.Expect(resync[0].Kind).To(Equal(lastmodstore.Resync))
	for _, e := range append(resync, t.eventsNow(s, time.Time{})...) {
		positions = append(positions, e.At)
	}
	for _, at := range positions {
		for _, e := range t.eventsNow(s, at) {
			t.Expect(e.Kind).NotTo(Equal(lastmodstore.Resync), "from %v", at)
		}
	}
}

// freshStore checks that a store knows nothing of what was before it was opened.
func freshStore(t *tester) {
	for _, before := range []time.Duration{1, time.Second, 100 * 365 * 24 * time.Hour} {
		for _, n := range []int{0, 1} {
			position := time.Now().Add(-before)
			s := t.engine.Strings(0)
			for range n {
				s.Set("a", 1, lastmodstore.NoExpiry)
			}
			if got := firstKind(s, position); got != lastmodstore.Resync {
				t.Errorf("25: %v instead of Resync, %v before the opening, %d entries", got, before, n)
			}
			s.Close()
		}
	}
}

// firstKind returns the kind of the first event, or 0 if there is none.
func firstKind(s stringStore, since time.Time) (kind lastmodstore.EventKind) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for e := range s.Watch(ctx, since) {
		return e.Kind
	}
	return 0
}
