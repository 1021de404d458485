package compare

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// volley has two stores react to each other's changes, so that each change arrives
// when the other's watcher is about to wait.
func volley(t *tester) {
	c, n := t.caller(), t.atLength(20_000, 200_000)
	here, there := t.engine.Strings(0), t.engine.Strings(0)
	defer here.Close()
	t.Go(func() {
		for event := range here.Watch(context.Background(), time.Time{}) {
			if event.Kind == lastmodstore.Modified {
				there.Set("ball", event.Entry.Value, 0)
			}
		}
		there.Close()
	})
	here.Set("ball", 1, 0)
	for event := range there.Watch(context.Background(), time.Time{}) {
		if event.Kind == lastmodstore.CaughtUp {
			continue
		}
		if event.Entry.Value == n {
			return
		}
		here.Set("ball", event.Entry.Value+1, 0)
		c.returned()
	}
}

// lastChange makes several changes in a bubble, where a wake-up that is lost shows
// at once.
func lastChange(t *tester) {
	random := rand.New(rand.NewPCG(24, 1))
	for range t.rounds(200, 5000) {
		t.bubble(func() {
			s := t.engine.Strings(0)
			var last atomic.Int64
			t.Go(func() {
				for event := range s.Watch(context.Background(), time.Time{}) {
					last.Store(int64(event.Entry.Value))
				}
			})
			synctest.Wait()
			const changes = 20
			for i := range changes {
				s.Set("a", i+1, 0)
				for range random.IntN(3) {
					runtime.Gosched()
				}
			}
			synctest.Wait()
			if n := last.Load(); n != changes {
				t.Errorf("24: a watcher that has seen %d of %d changes waits", n, changes)
			}
			s.Close()
		})
	}
}

// twoChanges makes two changes about as fast as two watchers are woken.
func twoChanges(t *tester) {
	c, n := t.caller(), t.atLength(20_000, 200_000)
	s := t.engine.Strings(0)
	defer s.Close()
	seen := make(chan int)
	for range 2 {
		t.Go(func() {
			for event := range s.Watch(context.Background(), time.Time{}) {
				if v := event.Entry.Value; v > 0 && v%2 == 0 { // v is 0 for CaughtUp
					seen <- v
				}
			}
		})
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := 2; i <= 2*n; i += 2 {
		s.Set("a", i-1, 0)
		for start, wait := time.Now(), time.Duration(random.IntN(10000)); time.Since(start) < wait; {
		}
		s.Set("a", i, 0)
		<-seen
		<-seen
		c.returned()
	}
}
