package compare_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// A value that counts, by live, how many of its kind the collector has yet to take.
type tracked [1 << 16]byte

type trackedStore = lastmodstore.Store[int, *tracked]

func track(live *atomic.Int64) *tracked {
	v := new(tracked)
	live.Add(1)
	runtime.AddCleanup(v, func(live *atomic.Int64) { live.Add(-1) }, live)
	return v
}

func trackedStores(opts ...lastmodstore.Option) map[string]trackedStore {
	one := func() trackedStore { return mutexstore.New[int, *tracked](time.Minute, opts...) }
	two := func() trackedStore { return actor.New[int, *tracked](time.Minute, opts...) }
	return map[string]trackedStore{
		"mutex": one(), "actor": two(),
		"sharded mutex": lastmodstore.NewSharded(3, one), "sharded actor": lastmodstore.NewSharded(3, two),
	}
}

// removals remove the values of keys 0 to 9, each in its own way.
var removals = map[string]func(s trackedStore){
	"Delete":       func(s trackedStore) { tenKeys(func(k int) { s.Delete(k) }) },
	"GetAndDelete": func(s trackedStore) { tenKeys(func(k int) { s.GetAndDelete(k) }) },
	"DeleteIf":     func(s trackedStore) { tenKeys(func(k int) { s.DeleteIfUnmodifiedSince(k, time.Now()) }) },
	"Set":          func(s trackedStore) { tenKeys(func(k int) { s.Set(k, nil, 0) }) },
	"SetMany":      func(s trackedStore) { tenKeys(func(k int) { s.SetMany(map[int]*tracked{k: nil}, 0) }) },
	"Merge": func(s trackedStore) {
		tenKeys(func(k int) { s.Merge(k, lastmodstore.Entry[*tracked]{LastModified: time.Now()}) })
	},
	"Clear":         func(s trackedStore) { s.Clear() },
	"expiry":        func(s trackedStore) { tenKeys(func(k int) { s.Touch(k, 1) }); s.Cleanup() },
	"expiry, Clear": func(s trackedStore) { tenKeys(func(k int) { s.Touch(k, 1) }); s.Clear() },
	"expiry, insert": func(s trackedStore) {
		tenKeys(func(k int) { s.Touch(k, 1) })
		tenKeys(func(k int) { s.Set(100+k, nil, 0) })
		s.Cleanup()
	},
}

func tenKeys(f func(k int)) {
	for k := range 10 {
		f(k)
	}
}

// collected runs the collector until the values are gone.
func collected(g Gomega, live *atomic.Int64, what string) {
	g.Eventually(func() int64 {
		runtime.GC()
		return live.Load()
	}).WithTimeout(time.Minute).Should(BeZero(), what)
}

// 26: a store that nobody watches retains no removed value, whatever was read and
// removed before, by whichever method.
func TestNoRemovedValueIsRetained(t *testing.T) {
	g := NewWithT(t)
	for how, remove := range removals {
		for name, s := range trackedStores() {
			var live atomic.Int64
			fill(s, &live)
			remove(s)
			collected(g, &live, fmt.Sprint(name, ", ", how))
			g.Expect(s.Close()).To(Succeed())
		}
	}
}

// fill stores ten values and reads them in every way.
func fill(s trackedStore, live *atomic.Int64) {
	var keys []int
	tenKeys(func(k int) {
		s.Set(k, track(live), 0)
		s.Get(k)
		s.GetEntry(k)
		keys = append(keys, k)
	})
	s.GetMany(keys)
	for range s.All() {
	}
	for range s.ModifiedSince(time.Time{}) {
	}
}

// 26: a listener that has been told of a value, and waits for more, lets go of it.
func TestAListenerRetainsNothing(t *testing.T) {
	g := NewWithT(t)
	for how, remove := range removals {
		for name, s := range trackedStores() {
			var live atomic.Int64
			var told atomic.Int64
			s.OnRemove(func(_ int, e lastmodstore.Entry[*tracked], _ lastmodstore.EventKind) {
				if e.Value != nil {
					told.Add(1)
				}
			})
			fill(s, &live)
			remove(s)
			g.Eventually(told.Load).WithTimeout(time.Minute).Should(BeEquivalentTo(10))
			collected(g, &live, fmt.Sprint(name, ", ", how))
			g.Expect(s.Stats().PendingRemovals).To(BeZero())
			g.Expect(s.Close()).To(Succeed())
		}
	}
}

// 26: nor does a listener retain what it has been told of while it is told of more.
func TestAListenerLetsGoOfWhatItWasToldOf(t *testing.T) {
	g := NewWithT(t)
	for name, s := range trackedStores() {
		if strings.HasPrefix(name, "sharded") {
			continue // its listeners wait for each other, each with a value
		}
		var live atomic.Int64
		start, last, end := make(chan struct{}), make(chan struct{}), make(chan struct{})
		s.OnRemove(func(key int, _ lastmodstore.Entry[*tracked], _ lastmodstore.EventKind) {
			switch key {
			case 100:
				<-start // until all others are queued
			case 101:
				close(last)
				<-end
			}
		})
		s.Set(100, nil, 0)
		s.Set(101, nil, 0)
		fill(s, &live)
		s.Delete(100)
		tenKeys(func(k int) { s.Delete(k) })
		s.Delete(101)
		close(start)
		<-last
		collected(g, &live, name)
		close(end)
		g.Expect(s.Close()).To(Succeed())
	}
}

// 26: a watcher that waits retains nothing, and the log no more than it is to
// remember.
func TestAWatcherThatWaitsRetainsNothing(t *testing.T) {
	g := NewWithT(t)
	for name, s := range trackedStores(lastmodstore.RemovalLog(0)) {
		var live atomic.Int64
		fill(s, &live)
		var seen atomic.Int64
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for range s.Watch(context.Background(), time.Time{}) {
				seen.Add(1)
			}
		}()
		g.Eventually(seen.Load).WithTimeout(time.Minute).Should(BeEquivalentTo(10))
		tenKeys(func(k int) { s.Delete(k) })
		collected(g, &live, name)
		g.Expect(s.Close()).To(Succeed())
		<-ended
	}
}

// 26: the loop's body does not keep what the loop has read ahead and yielded.
func TestALoopLetsGoOfWhatItYielded(t *testing.T) {
	g := NewWithT(t)
	for name, s := range trackedStores() {
		var live atomic.Int64
		fill(s, &live)
		yielded := 0
		for k := range s.ModifiedSince(time.Time{}) {
			s.Delete(k)
			if yielded++; yielded == 10 {
				collected(g, &live, name)
			}
		}
		g.Expect(s.Close()).To(Succeed())
	}
}
