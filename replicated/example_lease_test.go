package replicated_test

import (
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// acquire acquires a lease and returns its token, or false and when to try again. The
// token is LastModified, which increases with each lease, on whichever machine. After an
// error the lease may have been acquired; then it expires unused.
func acquire(s lastmodstore.Store[string, string], name, holder string, ttl time.Duration) (token, retry time.Time, ok bool, err error) {
	e, ok, err := lastmodstore.SetIfAbsent(s, name, holder, ttl)
	return e.LastModified, e.ExpiresAt, ok, err
}

// release ends the lease of that token and reports whether it was still held. It never
// ends the lease of another holder.
func release(s lastmodstore.Store[string, string], name string, token time.Time) (bool, error) {
	return s.DeleteIfUnmodifiedSince(name, token)
}

// A fence stands before what the lease protects. A holder that was paused cannot know
// that its lease has expired, so a token lower than the highest one seen is refused.
type fence struct{ highest time.Time }

func (f *fence) admits(token time.Time) bool {
	if token.Before(f.highest) {
		return false
	}
	f.highest = token
	return true
}

// A lease lock across machines: the holder, on node 1, is paused for too long.
func Example_leaseLock() {
	t := threeNodes[string]()
	defer t.close()
	paused, _, ok, err := acquire(t.nodes[0], "report", "node 1", 200*time.Millisecond)
	fmt.Println("node 1 acquires:", ok, err)
	token, retry, ok, err := acquire(t.nodes[1], "report", "node 2", time.Minute)
	fmt.Println("node 2 acquires:", ok, err)
	for !ok {
		time.Sleep(lastmodstore.Until(retry))
		token, retry, ok, err = acquire(t.nodes[1], "report", "node 2", time.Minute)
		must(err)
	}
	var f fence
	fmt.Println("admitted:", f.admits(token), f.admits(paused))
	ok, err = release(t.nodes[0], "report", paused)
	fmt.Println("released by node 1:", ok, err)
	// Output:
	// node 1 acquires: true <nil>
	// node 2 acquires: false <nil>
	// admitted: true false
	// released by node 1: false <nil>
}
