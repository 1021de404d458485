package replicated_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// allow counts a client's requests, on whichever node they arrive, in windows that begin
// with a request, and reports whether the present one is within the limit. A refused
// client has to wait until reset, when the window closes. The window must be positive: 0
// is NoExpiry.
//
// A client that has reached its limit is refused by a local read, so its requests do not
// fill the log. Until this node knows that it has, Add decides, in the log. With an
// error, the caller chooses whether to serve the request.
func allow(s lastmodstore.Store[string, int], client string, limit int, window time.Duration) (ok bool, reset time.Time, err error) {
	if e, ok := s.GetEntry(client); ok && e.Value >= limit {
		return false, e.ExpiresAt, nil
	}
	e, err := s.Add(client, 1, window)
	return err == nil && e.Value <= limit, e.ExpiresAt, err
}

// A rate limit that all nodes count together: however many requests arrive at once, and
// wherever, exactly the limit passes.
func Example_rateLimit() {
	t := threeNodes[int]()
	defer t.close()
	const limit = 25
	var allowed atomic.Int32
	var wg sync.WaitGroup
	for n := range 60 {
		wg.Go(func() {
			ok, _, err := allow(t.nodes[n%3], "10.0.0.1", limit, time.Minute)
			must(err)
			if ok {
				allowed.Add(1)
			}
		})
	}
	wg.Wait()
	fmt.Println(allowed.Load(), "of 60 requests were allowed")

	t.sync()
	for _, s := range t.nodes {
		ok, reset, err := allow(s, "10.0.0.1", limit, time.Minute)
		fmt.Println(ok, time.Until(reset) <= time.Minute, err)
	}
	// Output:
	// 25 of 60 requests were allowed
	// false true <nil>
	// false true <nil>
	// false true <nil>
}
