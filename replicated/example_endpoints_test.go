package replicated_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// An endpoint is what an instance of a service publishes about itself.
type endpoint struct{ Address, Version string }

// announce publishes an instance, or extends its registration, which ends ttl after the
// last call. Touch leaves LastModified alone, which therefore shows when the metadata
// last changed, and not when the instance last called. If the registration has expired
// meanwhile, Touch does not revive it: it is published again.
func announce(s lastmodstore.Store[string, endpoint], instance string, e endpoint, ttl time.Duration) error {
	if published, ok := s.Get(instance); ok && published == e {
		if ok, err := s.Touch(instance, ttl); ok || err != nil {
			return err
		}
	}
	return s.Set(instance, e, ttl)
}

// list returns all instances, the one whose metadata changed last at the end.
func list(s lastmodstore.Store[string, endpoint]) (all []string) {
	for instance, e := range s.ModifiedSince(time.Time{}) {
		all = append(all, fmt.Sprintln(instance, e.Value.Address, e.Value.Version, e.LastModified.UnixNano()))
	}
	return all
}

// Endpoints of services: every node lists the same ones with the same times.
func Example_endpoints() {
	t := threeNodes[endpoint]()
	defer t.close()
	must(announce(t.nodes[0], "billing-1", endpoint{"10.0.0.7:80", "v1"}, time.Minute))
	must(announce(t.nodes[1], "search-1", endpoint{"10.0.0.8:80", "v1"}, time.Minute))
	must(announce(t.nodes[0], "billing-1", endpoint{"10.0.0.7:80", "v2"}, time.Minute)) // has changed
	must(announce(t.nodes[1], "search-1", endpoint{"10.0.0.8:80", "v1"}, time.Minute))  // is still there

	t.sync()
	for instance, e := range t.nodes[2].ModifiedSince(time.Time{}) {
		fmt.Println(instance, e.Value)
	}
	fmt.Println(slices.Equal(list(t.nodes[0]), list(t.nodes[2])), slices.Equal(list(t.nodes[1]), list(t.nodes[2])))
	// Output:
	// search-1 {10.0.0.8:80 v1}
	// billing-1 {10.0.0.7:80 v2}
	// true true
}
