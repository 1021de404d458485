package lastmodstore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// watchUsers starts a WatchKeys loop over the keys that begin with "user/", which adds
// each event to events as text, and its position to at.
func watchUsers(s lastmodstore.Watcher[string, int], since time.Time, events *[]string, at *time.Time) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		isUser := func(key string) bool { return strings.HasPrefix(key, "user/") }
		for e := range lastmodstore.WatchKeys(ctx, s, since, isUser) {
			*events, *at = append(*events, strings.TrimSpace(fmt.Sprint(e.Kind, " ", e.Key))), e.At
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// 24, 25: a loop over some keys gets their events, Resync and CaughtUp.
func TestWatchKeysYieldsTheEventsOfItsKeysAndTheMarks(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, int]) {
		var events []string
		var at time.Time
		g.Expect(s.Set("user/1", 1, 0)).To(Succeed())
		g.Expect(s.Set("page/1", 1, 0)).To(Succeed())
		defer watchUsers(s, time.Time{}, &events, &at)()
		synctest.Wait()
		g.Expect(events).To(Equal([]string{"Modified user/1", "CaughtUp"}))
		events = nil
		for _, key := range []string{"page/1", "user/1"} {
			g.Expect(s.Delete(key)).To(BeTrue())
			synctest.Wait()
		}
		g.Expect(events).To(Equal([]string{"Deleted user/1"}))
		events = nil
		g.Expect(s.Clear()).To(Succeed())
		synctest.Wait()
		g.Expect(events).To(Equal([]string{"Resync", "CaughtUp"}))
	})
}

func TestWatchKeysEndsWithItsBody(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, int]) {
		calls := 0
		g.Expect(s.Set("a", 1, 0)).To(Succeed())
		for e := range lastmodstore.WatchKeys(context.Background(), s, time.Time{}, func(string) bool { calls++; return true }) {
			g.Expect(e.Key).To(Equal("a"))
			break
		}
		g.Expect(calls).To(Equal(1))
	})
}

// 25: a quiet loop keeps up with what it filters out; one that resumes from the last
// event that it received does not.
func TestAQuietWatchKeysDoesNotFallBehindWhileItRuns(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, int]) {
		var events []string
		var at time.Time
		stop := watchUsers(s, time.Time{}, &events, &at)
		g.Expect(s.Set("user/1", 1, 0)).To(Succeed())
		for i := range 20 {
			key := fmt.Sprint("page/", i)
			g.Expect(s.Set(key, i, 0)).To(Succeed())
			g.Expect(s.Delete(key)).To(BeTrue())
			time.Sleep(time.Second)
		}
		g.Expect(s.Delete("user/1")).To(BeTrue())
		synctest.Wait()
		g.Expect(events).NotTo(ContainElement("Resync"))
		g.Expect(events).To(ContainElement("Deleted user/1"))
		for i := range 20 {
			key := fmt.Sprint("page/", i)
			g.Expect(s.Set(key, i, 0)).To(Succeed())
			g.Expect(s.Delete(key)).To(BeTrue())
			time.Sleep(time.Second)
		}
		stop()
		events = nil
		defer watchUsers(s, at, &events, &at)()
		synctest.Wait()
		g.Expect(events).To(Equal([]string{"Resync", "CaughtUp"}))
	}, lastmodstore.RemovalLog(3))
}
