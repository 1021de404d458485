package compare_test

import (
	"context"
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore/compare"
)

// A change that comes just as a watcher goes to wait wakes it: two stores answer
// each other's changes, so that each comes when the other has just looked.
func TestChangeBesideWait(t *testing.T) {
	for _, e := range tested() {
		t.Run(e.Name, func(t *testing.T) {
			watched(t, func() { volley(e, long(20_000, 200_000)) })
		})
	}
}

func volley(e compare.Engine, n int) {
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
	}
}
