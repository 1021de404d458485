package compare_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
)

// 12: a loop's body may do what it may do in a loop over one store: it may lock
// its goroutine to a thread.
func TestLoopBodiesMayLockTheirThread(t *testing.T) {
	for _, e := range compare.Engines() {
		g := NewWithT(t)
		s := sharded(e)
		for i := range 1000 {
			g.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
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
		g.Expect(seen).To(Equal(3000))
		g.Expect(s.Close()).To(Succeed())
	}
}

// 20, 23, 24: an entry merged ahead of the clock does not hold the feed up, and
// the other shards go on from its time.
func TestFeedOfShardsGoesOnBehindTheClock(t *testing.T) {
	for _, e := range compare.Engines() {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			s := sharded(e)
			ahead := time.Now().Add(50 * time.Second)
			var got []lastmodstore.Event[string, int]
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				for event := range s.Watch(context.Background(), time.Time{}) {
					got = append(got, event)
				}
			}()
			synctest.Wait()
			g.Expect(s.Merge("ahead", lastmodstore.Entry[int]{LastModified: ahead})).To(BeTrue())
			for i := range 20 {
				g.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
			}
			synctest.Wait()
			g.Expect(got).To(HaveLen(21))
			for i := range got[1:] {
				g.Expect(got[i+1].At).To(BeTemporally(">", got[i].At))
			}
			for _, event := range got {
				if event.Key != "ahead" {
					g.Expect(event.Entry.LastModified).To(BeTemporally(">", ahead))
				}
			}
			g.Expect(s.Close()).To(Succeed())
			synctest.Wait()
			g.Expect(ended).To(BeClosed(), "at once")
		})
	}
}

// goroutinesInEngines counts the goroutines that an engine or a Sharded has begun or
// that are in a call of one.
func goroutinesInEngines() (n int) {
	buffer := make([]byte, 4<<20)
	for _, stack := range bytes.Split(buffer[:runtime.Stack(buffer, true)], []byte("\n\n")) {
		for _, in := range []string{"/lastmodstore/actor.", "/lastmodstore/mutexstore.", "/internal/sharded.", "/internal/engine."} {
			if bytes.Contains(stack, []byte(in)) {
				n++
				break
			}
		}
	}
	return n
}

// A watcher that waits has no goroutine but its caller's.
func TestAWaitingWatcherAddsNoGoroutine(t *testing.T) {
	for _, e := range tested() {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			s := e.Strings(0)
			ctx, cancel := context.WithCancel(context.Background())
			const watchers = 50
			before := goroutinesInEngines()
			for range watchers {
				go func() {
					for range s.Watch(ctx, time.Time{}) {
					}
				}()
			}
			synctest.Wait()
			g.Expect(goroutinesInEngines() - before).To(Equal(watchers))
			cancel()
			synctest.Wait()
			g.Expect(goroutinesInEngines() - before).To(BeZero())
			g.Expect(s.Close()).To(Succeed())
		})
	}
}

// 13, 24: no two modifications share a time, in whichever shards, even if the
// clock stands still; so a position is never between two of one time.
func TestTimesAreUniqueAcrossShards(t *testing.T) {
	for _, e := range compare.Engines() {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			s := sharded(e)
			defer s.Close()
			seen := map[int64]bool{}
			for i := range 200 {
				e, _, err := s.SetIfUnmodifiedSince(fmt.Sprint(i), i, 0, time.Time{})
				g.Expect(err).NotTo(HaveOccurred())
				seen[e.LastModified.UnixNano()] = true
			}
			g.Expect(seen).To(HaveLen(200))
			var got []lastmodstore.Event[string, int]
			for event := range s.Watch(context.Background(), time.Time{}) {
				if got = append(got, event); len(got) == 200 {
					break
				}
			}
			for i, event := range got[:199] {
				for next := range s.Watch(context.Background(), event.At) {
					g.Expect(next).To(Equal(got[i+1]))
					break
				}
			}
		})
	}
}

// 25: if one shard had to forget, the whole feed begins with one Resync.
func TestFeedOfShardsResyncsOnce(t *testing.T) {
	for _, e := range compare.Engines() {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			s := sharded(e, lastmodstore.RemovalLog(1))
			defer s.Close()
			var kinds []lastmodstore.EventKind
			last := time.Now()
			for i := range 50 {
				g.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
				if i > 20 {
					g.Expect(s.Delete(fmt.Sprint(i))).To(BeTrue())
				}
			}
			go func() {
				for event := range s.Watch(context.Background(), last) {
					g.Expect(event.At).To(BeTemporally(">", last))
					kinds, last = append(kinds, event.Kind), event.At
				}
			}()
			synctest.Wait()
			g.Expect(kinds).To(Equal([]lastmodstore.EventKind{lastmodstore.Resync}))
			g.Expect(s.Delete("3")).To(BeTrue())
			time.Sleep(time.Microsecond) // shards have no order of their own within the nanosecond bumps
			g.Expect(s.Set("5", 1, 0)).To(Succeed())
			synctest.Wait()
			g.Expect(kinds).To(Equal([]lastmodstore.EventKind{lastmodstore.Resync, lastmodstore.Deleted, lastmodstore.Modified}))
		})
	}
}
