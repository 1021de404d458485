package replicated_test

import (
	"context"
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/replicated"
)

// onChange calls f with the present state of flag, and again whenever that has changed,
// until ctx ends or the store is closed. An absent flag is off. An event says only that
// the flag may have changed: after Resync, which stands for any number of events, and
// after several quick changes, the store has the state.
func onChange(ctx context.Context, s *replicated.Store[string, bool], flag string, f func(on bool)) {
	was, _ := s.Get(flag)
	f(was)
	for e := range s.Watch(ctx, time.Time{}) {
		if e.Key != flag && e.Kind != lastmodstore.Resync {
			continue
		}
		on, _ := s.Get(flag)
		select {
		case <-s.Done():
			return // a closed store looks empty
		default:
		}
		if on != was {
			was = on
			f(on)
		}
	}
}

// Feature flags: a change on one node reaches all others at once. Reading a flag is a
// local read, so it needs no copy.
func Example_featureFlags() {
	t := threeNodes[bool]()
	defer t.close()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()

	var seen [3]chan bool
	for i, s := range t.nodes {
		seen[i] = make(chan bool, 3)
		go onChange(ctx, s, "dark-mode", func(on bool) { seen[i] <- on })
	}
	fmt.Println("at first: ", <-seen[0], <-seen[1], <-seen[2])
	must(t.nodes[0].Set("dark-mode", true, lastmodstore.NoExpiry))
	fmt.Println("turned on:", <-seen[0], <-seen[1], <-seen[2])
	_, err := t.nodes[2].Delete("dark-mode")
	must(err)
	fmt.Println("removed:  ", <-seen[0], <-seen[1], <-seen[2])
	// Output:
	// at first:  false false false
	// turned on: true true true
	// removed:   false false false
}
