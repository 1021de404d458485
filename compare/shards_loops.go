package compare

import (
	"context"
	"fmt"
	"runtime"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

func lockedThread(t *tester) {
	s := t.sharded()
	for i := range 1000 {
		t.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
	}
	seen := 0
	lock := func(string) bool {
		if seen++; seen%2 == 1 {
			runtime.LockOSThread()
		} else {
			runtime.UnlockOSThread()
		}
		return seen%1000 > 0
	}
	for key := range s.All() {
		lock(key)
	}
	for key := range s.ModifiedSince(time.Time{}) {
		lock(key)
	}
	for event := range s.Watch(context.Background(), time.Time{}) {
		if !lock(event.Key) {
			break
		}
	}
	t.Expect(seen).To(Equal(3000))
	t.Expect(s.Close()).To(Succeed())
}

// feedAheadOfTheClock checks that the other shards continue from the time of an entry
// that is ahead.
func feedAheadOfTheClock(t *tester) {
	s := t.sharded()
	ahead := time.Now().Add(50 * time.Second)
	var got []event
	ended := make(chan struct{})
	t.Go(func() {
		defer close(ended)
		for event := range s.Watch(context.Background(), time.Time{}) {
			if event.Kind != lastmodstore.CaughtUp {
				got = append(got, event)
			}
		}
	})
	synctest.Wait()
	t.Expect(s.Merge("ahead", entry{LastModified: ahead})).To(BeTrue())
	for i := range 20 {
		t.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
	}
	synctest.Wait()
	t.Expect(got).To(HaveLen(21))
	for i := range got[1:] {
		t.Expect(got[i+1].At).To(BeTemporally(">", got[i].At))
	}
	for _, event := range got {
		if event.Key != "ahead" {
			t.Expect(event.Entry.LastModified).To(BeTemporally(">", ahead))
		}
	}
	t.Expect(s.Close()).To(Succeed())
	synctest.Wait()
	t.Expect(ended).To(BeClosed(), "at once")
}

// uniqueTimesOfShards checks that a position is never between two modifications of
// one time, even if the clock stands still.
func uniqueTimesOfShards(t *tester) {
	s := t.sharded()
	defer s.Close()
	seen := map[int64]bool{}
	for i := range 200 {
		e, _, err := s.SetIfUnmodifiedSince(fmt.Sprint(i), i, 0, time.Time{})
		t.Expect(err).NotTo(HaveOccurred())
		seen[e.LastModified.UnixNano()] = true
	}
	t.Expect(seen).To(HaveLen(200))
	var got []event
	for event := range s.Watch(context.Background(), time.Time{}) {
		if got = append(got, event); len(got) == 200 {
			break
		}
	}
	for i, event := range got[:199] {
		for next := range s.Watch(context.Background(), event.At) {
			t.Expect(next).To(Equal(got[i+1]))
			break
		}
	}
}

func oneResyncOfShards(t *tester) {
	s := t.sharded(lastmodstore.RemovalLog(1))
	defer s.Close()
	var kinds []lastmodstore.EventKind
	last := time.Now()
	for i := range 50 {
		t.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
		if i > 20 {
			t.Expect(s.Delete(fmt.Sprint(i))).To(BeTrue())
		}
	}
	t.Go(func() {
		for event := range s.Watch(context.Background(), last) {
			if event.Kind == lastmodstore.CaughtUp {
				t.Expect(event.At).To(BeTemporally(">=", last))
			} else {
				t.Expect(event.At).To(BeTemporally(">", last))
			}
			kinds, last = append(kinds, event.Kind), event.At
		}
	})
	synctest.Wait()
	t.Expect(kinds).To(Equal([]lastmodstore.EventKind{lastmodstore.Resync, lastmodstore.CaughtUp}))
	t.Expect(s.Delete("3")).To(BeTrue())
	time.Sleep(time.Microsecond) // shards have no order of their own within the nanosecond bumps
	t.Expect(s.Set("5", 1, 0)).To(Succeed())
	synctest.Wait()
	t.Expect(kinds).To(Equal([]lastmodstore.EventKind{lastmodstore.Resync, lastmodstore.CaughtUp, lastmodstore.Deleted, lastmodstore.Modified}))
}
