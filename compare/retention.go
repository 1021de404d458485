package compare

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// A tracked value is large, and counted until the garbage collector takes it.
type tracked [1 << 16]byte

type trackedStore = lastmodstore.Store[any, any] // of int to *tracked

func track(live *atomic.Int64) *tracked {
	v := new(tracked)
	live.Add(1)
	runtime.AddCleanup(v, func(live *atomic.Int64) { live.Add(-1) }, live)
	return v
}

// retention tests that values that were removed are not retained.
func retention(c *cases) {
	c = c.on(anyShards).with(Batches, Changes)
	for _, how := range slices.Sorted(maps.Keys(removals)) {
		removing := c
		switch how {
		case "Merge":
			removing = c.with(Merging)
		case "DeleteIf", "GetAndDelete":
			removing = c.with(Conditions)
		}
		removing.add("26: no removed value is retained after "+how, func(t *tester) { noRemovedValue(t, removals[how]) })
		removing.with(Listeners, Counters).add("26: a listener that waits retains no value after "+how, func(t *tester) {
			waitingListener(t, removals[how])
		})
	}
	c.on(whole).with(Listeners).add("26: a listener retains no value that it has seen while it gets more", busyListener)
	c.with(Feed).add("26: a watcher that waits retains nothing, and the log no more than it is to remember", waitingWatcher)
	c.add("26: a loop retains nothing that it has yielded", yieldingLoop)
}

func (t *tester) openTracked(opts ...lastmodstore.Option) trackedStore {
	if t.engine.Any == nil {
		t.without("Any")
	}
	return t.engine.Any(time.Minute, opts...)
}

// removals remove the values of keys 0 to 9, each in its own way.
var removals = map[string]func(s trackedStore){
	"Delete":       func(s trackedStore) { tenKeys(func(k int) { s.Delete(k) }) },
	"GetAndDelete": func(s trackedStore) { tenKeys(func(k int) { s.GetAndDelete(k) }) },
	"DeleteIf":     func(s trackedStore) { tenKeys(func(k int) { s.DeleteIfUnmodifiedSince(k, time.Now()) }) },
	"Set":          func(s trackedStore) { tenKeys(func(k int) { s.Set(k, nil, 0) }) },
	"SetMany":      func(s trackedStore) { tenKeys(func(k int) { s.SetMany(map[any]any{k: nil}, 0) }) },
	"Merge": func(s trackedStore) {
		tenKeys(func(k int) { s.Merge(k, lastmodstore.Entry[any]{LastModified: time.Now()}) })
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
func collected(t *tester, live *atomic.Int64) {
	t.Eventually(func() int64 {
		runtime.GC()
		return live.Load()
	}).WithTimeout(time.Minute).Should(BeZero(), "values that are retained")
}

// noRemovedValue checks a store without watchers.
func noRemovedValue(t *tester, remove func(s trackedStore)) {
	s := t.openTracked()
	var live atomic.Int64
	fill(s, &live)
	remove(s)
	collected(t, &live)
	t.Expect(s.Close()).To(Succeed())
}

// fill stores ten values and reads them in every way.
func fill(s trackedStore, live *atomic.Int64) {
	var keys []any
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

func waitingListener(t *tester, remove func(s trackedStore)) {
	s := t.openTracked()
	var live, reported atomic.Int64
	s.OnRemove(func(_ any, e lastmodstore.Entry[any], _ lastmodstore.EventKind) {
		if e.Value != nil {
			reported.Add(1)
		}
	})
	fill(s, &live)
	remove(s)
	t.Eventually(reported.Load).WithTimeout(time.Minute).Should(BeEquivalentTo(10))
	collected(t, &live)
	t.Expect(s.Stats().PendingRemovals).To(BeZero())
	t.Expect(s.Close()).To(Succeed())
}

// busyListener holds a listener up at the last of several values. It does not run on
// several shards, whose listeners wait for each other, each with a value.
func busyListener(t *tester) {
	s := t.openTracked()
	var live atomic.Int64
	start, last, end := make(chan struct{}), make(chan struct{}), make(chan struct{})
	s.OnRemove(func(key any, _ lastmodstore.Entry[any], _ lastmodstore.EventKind) {
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
	collected(t, &live)
	close(end)
	t.Expect(s.Close()).To(Succeed())
}

func waitingWatcher(t *tester) {
	s := t.openTracked(lastmodstore.RemovalLog(0))
	var live atomic.Int64
	fill(s, &live)
	var seen atomic.Int64
	ended := make(chan struct{})
	t.Go(func() {
		defer close(ended)
		for e := range s.Watch(context.Background(), time.Time{}) {
			if e.Kind == lastmodstore.Modified {
				seen.Add(1)
			}
		}
	})
	t.Eventually(seen.Load).WithTimeout(time.Minute).Should(BeEquivalentTo(10))
	tenKeys(func(k int) { s.Delete(k) })
	collected(t, &live)
	t.Expect(s.Close()).To(Succeed())
	<-ended
}

// yieldingLoop removes, in the body of a loop, what the loop has read ahead.
func yieldingLoop(t *tester) {
	s := t.openTracked()
	var live atomic.Int64
	fill(s, &live)
	yielded := 0
	for k := range s.ModifiedSince(time.Time{}) {
		s.Delete(k)
		if yielded++; yielded == 10 {
			collected(t, &live)
		}
	}
	t.Expect(s.Close()).To(Succeed())
}
