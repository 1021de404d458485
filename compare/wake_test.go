package compare_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lastmodstore/lastmodstore/compare"
)

// A change that comes just as a watcher goes to wait wakes it: two stores answer
// each other's changes, so that each comes when the other has just looked.
func TestChangeBesideWait(t *testing.T) {
	for _, e := range tested() {
		t.Run(e.Name, func(t *testing.T) {
			watched(t, func(p *compare.Progress) { volley(e, p.Caller(), atLength(20_000, 200_000)) })
		})
	}
}

func volley(e compare.Engine, c *compare.Caller, n int) {
	here, there := e.Strings(0), e.Strings(0)
	defer here.Close()
	go func() {
		for event := range here.Watch(context.Background(), time.Time{}) {
			there.Set("ball", event.Entry.Value, 0)
		}
		there.Close()
	}()
	here.Set("ball", 1, 0)
	for event := range there.Watch(context.Background(), time.Time{}) {
		if event.Entry.Value == n {
			return
		}
		here.Set("ball", event.Entry.Value+1, 0)
		c.Returned()
	}
}

// 24: the last of several changes reaches a watcher, whatever it is doing when they
// come. In a bubble a wake-up that is lost shows at once.
func TestTimingOfChangesBesideWait(t *testing.T) {
	random := rand.New(rand.NewPCG(24, 1))
	for _, e := range polled() {
		t.Run(e.Name, func(t *testing.T) {
			for range atLength(200, 5000) {
				synctest.Test(t, func(t *testing.T) {
					s := e.Strings(0)
					var last atomic.Int64
					go func() {
						for event := range s.Watch(context.Background(), time.Time{}) {
							last.Store(int64(event.Entry.Value))
						}
					}()
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
						t.Errorf("24: a watcher waits that has seen %d of %d changes", n, changes)
					}
					s.Close()
				})
			}
		})
	}
}

// A change that comes just as one watcher has woken the last of the others is
// told to all: two watchers, two changes at about the time it takes to wake them.
func TestChangeBesideRelay(t *testing.T) {
	for _, e := range tested() {
		t.Run(e.Name, func(t *testing.T) {
			watched(t, func(p *compare.Progress) { twice(e, p.Caller(), atLength(20_000, 200_000)) })
		})
	}
}

func twice(e compare.Engine, c *compare.Caller, n int) {
	s := e.Strings(0)
	defer s.Close()
	seen := make(chan int)
	for range 2 {
		go func() {
			for event := range s.Watch(context.Background(), time.Time{}) {
				if v := event.Entry.Value; v%2 == 0 {
					seen <- v
				}
			}
		}()
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := 2; i <= 2*n; i += 2 {
		s.Set("a", i-1, 0)
		for start, wait := time.Now(), time.Duration(random.IntN(10000)); time.Since(start) < wait; {
		}
		s.Set("a", i, 0)
		<-seen
		<-seen
		c.Returned()
	}
}
