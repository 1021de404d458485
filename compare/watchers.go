package compare

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// watchers tests many watchers, and when they wake.
func watchers(c *cases) {
	c = c.with(Feed)
	c.addInBubble("24: one change reaches a thousand watchers at once", thousandWatchers)
	c.on(unsharded).add("11: a context that panics disturbs neither other watchers nor other calls", panickingContext)
	c.on(unsharded).addInBubble("26: a hundred watchers that want each change leave the writer its time", restingWatchers)
	c.addInBubble("26: a watcher that waits adds no goroutine", waitingAddsNoGoroutine)
	c.add("24: a change that arrives just as a watcher begins to wait wakes it", volley)
	c.add("24: a change that arrives just as one watcher has woken another reaches both", twoChanges)
	c.on(anyShards).add("24: the last of several changes reaches a watcher", lastChange)
}

func thousandWatchers(t *tester) {
	s := t.engine.Strings(0)
	defer s.Close()
	t.Expect(s.Set("a", 0, 0)).To(Succeed())
	mark, _ := s.GetLastModified("a")
	var seen atomic.Int32
	for range 1000 {
		t.Go(func() {
			for event := range s.Watch(context.Background(), mark) {
				if event.Kind == lastmodstore.Modified {
					seen.Add(1)
				}
			}
		})
	}
	synctest.Wait()
	start := time.Now()
	t.Expect(s.Set("a", 1, 0)).To(Succeed())
	synctest.Wait()
	t.Expect(seen.Load()).To(BeEquivalentTo(1000))
	t.Expect(time.Now()).To(Equal(start))
}

// A touchy context panics at the nth call of Done.
type touchy struct {
	context.Context
	left int
}

func (c *touchy) Done() <-chan struct{} {
	if c.left--; c.left == 0 {
		panic("touchy")
	}
	return c.Context.Done()
}

// panickingContext has the context panic at each of the first calls of Done. It does
// not run on a Sharded, for which package context itself calls Done, on a goroutine
// of its own.
func panickingContext(t *tester) {
	for n := 1; n <= 6; n++ {
		t.bubble(func() {
			s := t.engine.Strings(0)
			defer s.Close()
			t.Expect(s.Set("a", 0, 0)).To(Succeed())
			mark, _ := s.GetLastModified("a")
			var seen atomic.Int64
			t.Go(func() {
				for event := range s.Watch(context.Background(), mark) {
					seen.Store(int64(event.Entry.Value))
				}
			})
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			t.Go(func() {
				defer func() { recover() }()
				for range s.Watch(&touchy{ctx, n}, mark) {
				}
			})
			for i := 1; i <= 5; i++ {
				synctest.Wait()
				t.Expect(s.Set("a", i, 0)).To(Succeed())
				value, ok := s.Get("a")
				t.Expect(ok).To(BeTrue())
				t.Expect(value).To(Equal(i))
			}
			synctest.Wait()
			t.Expect(seen.Load()).To(BeEquivalentTo(5), "the context panicked at call %d", n)
		})
	}
}

// restingWatchers checks that watchers rest while a writer is busy, and get its last
// change nevertheless. The clock stands while the writer is busy, so watchers that
// rest do so until it has finished.
func restingWatchers(t *tester) {
	const sets, watchers, keys = 50_000, 100, 10
	s := t.engine.Strings(0)
	defer s.Close()
	var seen atomic.Int64
	done := t.workers()
	for range watchers {
		done.Go(func() {
			for event := range s.Watch(context.Background(), time.Time{}) {
				seen.Add(1)
				if event.Entry.Value == sets {
					return
				}
			}
		})
	}
	for i := range sets {
		s.Set(fmt.Sprint("key", i%keys), i+1, 0)
	}
	meanwhile := seen.Load()
	done.Wait()
	t.Logf("%d events during %d sets", meanwhile, sets)
	if meanwhile > 10*watchers*keys { // without rests, over 30,000
		t.Errorf("26: %d watchers got %d events during %d sets", watchers, meanwhile, sets)
	}
}

func waitingAddsNoGoroutine(t *tester) {
	s := t.engine.Strings(0)
	ctx, cancel := context.WithCancel(context.Background())
	const watchers = 50
	synctest.Wait()
	before := goroutinesOfBubble()
	for range watchers {
		t.Go(func() {
			for range s.Watch(ctx, time.Time{}) {
			}
		})
	}
	synctest.Wait()
	t.Expect(goroutinesOfBubble() - before).To(Equal(watchers))
	cancel()
	synctest.Wait()
	t.Expect(goroutinesOfBubble() - before).To(BeZero())
	t.Expect(s.Close()).To(Succeed())
}
