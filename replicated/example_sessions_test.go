package replicated_test

import (
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// A session belongs to no node: it ends when it has been idle, or by logout.
type session struct{ User string }

// login opens a session. When it returns, the session is in the log, and outlives this
// node.
func login(s lastmodstore.Store[string, session], id, user string, idle time.Duration) error {
	return s.Set(id, session{user}, idle)
}

// visit returns a session and extends it. Touch comes first because it is decided by
// the log: it finds a session that was opened on another node a moment ago, and does
// not find one that was closed there. What this node reads afterwards is no older.
func visit(s lastmodstore.Store[string, session], id string, idle time.Duration) (found session, ok bool, err error) {
	if ok, err := s.Touch(id, idle); err != nil || !ok {
		return session{}, false, err
	}
	found, ok = s.Get(id) // unless it was closed in between
	return found, ok, nil
}

// logout closes a session and reports whether it was open: of several calls, on
// whichever nodes, one returns true.
func logout(s lastmodstore.Store[string, session], id string) (bool, error) {
	return s.Delete(id)
}

// Sessions outlive the node on which they began.
func Example_sessions() {
	t := threeNodes[session]()
	defer t.close()
	must(login(t.nodes[0], "id-1", "alice", 30*time.Minute))
	fmt.Println(visit(t.nodes[1], "id-1", 30*time.Minute))

	must(t.nodes[0].Close())
	fmt.Println(visit(t.nodes[2], "id-1", 30*time.Minute))

	fmt.Println(logout(t.nodes[1], "id-1"))
	fmt.Println(visit(t.nodes[2], "id-1", 30*time.Minute))
	// Output:
	// {alice} true <nil>
	// {alice} true <nil>
	// true <nil>
	// {} false <nil>
}
