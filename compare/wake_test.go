package compare_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore/compare"
)

// A change that comes just as a watcher goes to wait wakes it: two stores answer
// each other's changes, so that each comes when the other has just looked.
func TestChangeBesideWait(t *testing.T) {
	for _, e := range tested() {
		t.Run(e.Name, func(t *testing.T) {
			watched(t, func(p *compare.Progress) { volley(e, p.Caller(), long(20_000, 200_000)) })
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

// A change that comes just as one watcher has woken the last of the others is
// told to all: two watchers, two changes at about the time it takes to wake them.
func TestChangeBesideRelay(t *testing.T) {
	for _, e := range tested() {
		t.Run(e.Name, func(t *testing.T) {
			watched(t, func(p *compare.Progress) { twice(e, p.Caller(), long(20_000, 200_000)) })
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
