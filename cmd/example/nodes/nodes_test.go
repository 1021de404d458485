package nodes_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/lastmodstore/lastmodstore/cmd/example/nodes"
	"github.com/lastmodstore/lastmodstore/replicated/embedded/servertest"
)

func TestMain(m *testing.M) {
	servertest.Main()
	goleak.VerifyTestMain(m)
}

func TestLeaderIsKilledAndNothingIsLost(t *testing.T) {
	g := NewWithT(t)
	var out bytes.Buffer
	g.Expect(nodes.Run(t.Context(), &out, nodes.Settings{Replicas: 3, Duration: 400 * time.Millisecond})).To(Succeed(), "%s", &out)
	g.Expect(out.String()).To(And(
		MatchRegexp(`servers: 3 started in .*\nnodes:   3 opened in .* files on 3 servers\n`),
		MatchRegexp(`follow:  500 writes on node 1 reached watchers of nodes 2 and 3; lag: median [1-9].*, p99 [1-9]`),
		MatchRegexp(`race:    .*; node [123] did`),
		MatchRegexp(`kill:    server [123], the leader`),
		MatchRegexp(`writes:  [1-9]\d+ acknowledged; .*longest time without one: [1-9]`),
		MatchRegexp(`reads:   [1-9]\d+ meanwhile`),
		MatchRegexp(`count:   [1-9]\d+ on every node: nothing lost`),
		MatchRegexp(`restart: .*\njoin:    node 4`),
		MatchRegexp(`compare: all 4 nodes hold the same 503 entries`),
		MatchRegexp(`node 4 at message [1-9]\d+ of the log, \d+ behind, connected for`),
	))
}

func TestRunningServersAreJoined(t *testing.T) {
	g := NewWithT(t)
	servers, err := servertest.Start(t.Context(), 1, t.TempDir())
	g.Expect(err).NotTo(HaveOccurred())
	defer servers.Close()
	c := nodes.Settings{NATS: servers.URL(0), Name: "shop prices", Replicas: 1, Duration: 200 * time.Millisecond}
	for range 2 { // the second run joins the store that the first one created
		var out bytes.Buffer
		g.Expect(nodes.Run(t.Context(), &out, c)).To(Succeed(), "%s", &out)
		g.Expect(out.String()).To(And(HavePrefix("nodes:   3 opened"), ContainSubstring("on 1 server\n"),
			ContainSubstring("nothing counted twice"), Not(ContainSubstring("kill"))))
	}
	c.Replicas = 3
	expectError(t, c, `the store was created with other settings: lastmodstore-replicas is "1", not "3"`)
	c.Name = "other"
	expectError(t, c, "creating the stream")
}

// expectError expects the demonstration to print nothing and to end with an error that
// contains want.
func expectError(t *testing.T, c nodes.Settings, want string) {
	t.Helper()
	g := NewWithT(t)
	var out bytes.Buffer
	g.Expect(nodes.Run(t.Context(), &out, c)).To(MatchError(ContainSubstring(want)))
	g.Expect(out.String()).To(BeEmpty())
}

func TestFailedConnectionNamesTheHostsOnly(t *testing.T) {
	for url, want := range map[string]string{
		"nats://user:secret@127.0.0.1:1": "connecting to 127.0.0.1:1: ",
		"127.0.0.1:1,127.0.0.1:2":        "connecting to 127.0.0.1:1, 127.0.0.1:2: ",
		"no\nsense:x":                    "connecting to a URL without a host: ",
	} {
		expectError(t, nodes.Settings{NATS: url, Name: "x", Replicas: 1, Duration: time.Second}, want)
	}
}

// A server that is not one: it accepts the connection and says nothing.
func TestInterruptionEndsAConnectionAttempt(t *testing.T) {
	g := NewWithT(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	defer silent.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- nodes.Run(ctx, io.Discard, nodes.Settings{NATS: silent.Addr().String(), Name: "x", Replicas: 1, Duration: time.Second})
	}()
	conn, err := silent.Accept()
	g.Expect(err).NotTo(HaveOccurred())
	defer conn.Close()
	cancel()
	g.Eventually(ended, 20*time.Second).Should(Receive(HaveOccurred()))
}
