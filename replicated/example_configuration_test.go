package replicated_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/replicated"
)

var errStale = errors.New("the configuration may be out of date")

// setting returns a setting as this node knows it. With errStale, it is the last value
// that the node knows, but the node has not heard from the log for longer than limit, so
// it may have missed a change. Health is read first: what it shows holds for what is
// read afterwards.
func setting(s *replicated.Store[string, string], name string, limit time.Duration) (string, error) {
	h := s.Health()
	value, ok := s.Get(name)
	switch {
	case !h.Connected && time.Since(h.Since) >= limit:
		return value, errStale
	case !ok:
		return "", fmt.Errorf("no setting %q", name)
	}
	return value, nil
}

// currentSetting returns a setting that is at least as new as the call, or an error.
func currentSetting(ctx context.Context, s *replicated.Store[string, string], name string) (string, error) {
	if err := s.Sync(ctx); err != nil {
		return "", errors.Join(errStale, err)
	}
	return setting(s, name, 0)
}

// Configuration with staleness detection: a node that is cut off keeps its settings and
// says that they may be out of date.
func Example_configuration() {
	t := threeNodes[string]()
	defer t.close()
	must(t.nodes[0].Set("log-level", "info", lastmodstore.NoExpiry))
	fmt.Println(currentSetting(context.Background(), t.nodes[2], "log-level"))

	t.conns[2].Close() // node 3 is cut off
	for t.nodes[2].Health().Connected {
		time.Sleep(time.Millisecond)
	}
	must(t.nodes[0].Set("log-level", "debug", lastmodstore.NoExpiry))
	fmt.Println(setting(t.nodes[2], "log-level", 0))
	fmt.Println(currentSetting(context.Background(), t.nodes[1], "log-level"))
	// Output:
	// info <nil>
	// info the configuration may be out of date
	// debug <nil>
}
