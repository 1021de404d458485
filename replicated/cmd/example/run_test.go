package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/embedded/servertest"
)

func TestLeaderIsKilledAndNothingIsLost(t *testing.T) {
	g := NewWithT(t)
	var out bytes.Buffer
	g.Expect(run(t.Context(), &out, io.Discard, []string{"-duration", "400ms"})).To(Succeed(), "%s", &out)
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
	args := []string{"-nats", servers.URL(0), "-name", "shop prices", "-replicas", "1", "-duration", "200ms"}
	for range 2 { // the second run joins the store that the first one created
		var out bytes.Buffer
		g.Expect(run(t.Context(), &out, io.Discard, args)).To(Succeed(), "%s", &out)
		g.Expect(out.String()).To(And(HavePrefix("nodes:   3 opened"), ContainSubstring("on 1 server\n"),
			ContainSubstring("nothing counted twice"), Not(ContainSubstring("kill"))))
	}
	expectLine(t, append(args, "-replicas", "3"), `the store was created with other settings: lastmodstore-replicas is "1", not "3"`)
	expectLine(t, []string{"-nats", servers.URL(0), "-name", "other"}, "creating the stream")
}

// expectLine expects the program to print nothing and to end with an error that is one
// line and contains want.
func expectLine(t *testing.T, args []string, want string) {
	t.Helper()
	g := NewWithT(t)
	var out, errs bytes.Buffer
	err := run(t.Context(), &out, &errs, args)
	g.Expect(err).To(MatchError(ContainSubstring(want)))
	g.Expect(err.Error()).NotTo(ContainSubstring("\n"))
	g.Expect(out.String() + errs.String()).To(BeEmpty())
}

func TestErrorsAreOneClearLine(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-nats"}, "flag needs an argument: -nats (-h lists the flags)"},
		{[]string{"-nast", "x"}, "-nast (-h lists the flags)"},
		{[]string{"-duration", "3"}, "(-h lists the flags)"},
		{[]string{"here"}, `unexpected argument "here"`},
		{[]string{"-nats", "localhost"}, "-nats needs -name"},
		{[]string{"-name", "x"}, "-name needs -nats"},
		{[]string{"-replicas", "1"}, "-replicas needs -nats"},
		{[]string{"-replicas", "2"}, "-replicas 2: use 1, 3 or 5"},
		{[]string{"-duration", "0s"}, "-duration 0s: use more than 0 and at most 5m"},
		{[]string{"-name", "x", "-nats", "nats://user:secret@127.0.0.1:1"}, "connecting to 127.0.0.1:1: "},
		{[]string{"-name", "x", "-nats", "127.0.0.1:1,127.0.0.1:2"}, "connecting to 127.0.0.1:1, 127.0.0.1:2: "},
		{[]string{"-name", "x", "-nats", "no\nsense:x"}, "connecting to a URL without a host: "},
	} {
		expectLine(t, c.args, c.want)
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
		ended <- run(ctx, io.Discard, io.Discard, []string{"-nats", silent.Addr().String(), "-name", "x"})
	}()
	conn, err := silent.Accept()
	g.Expect(err).NotTo(HaveOccurred())
	defer conn.Close()
	cancel()
	g.Eventually(ended, 20*time.Second).Should(Receive(MatchError(errInterrupted)))
}

func TestOutputThatCannotBeWrittenIsAnError(t *testing.T) {
	g := NewWithT(t)
	servers, err := servertest.Start(t.Context(), 1, t.TempDir())
	g.Expect(err).NotTo(HaveOccurred())
	defer servers.Close()
	full := errors.New("no space left on device")
	out := writerFunc(func([]byte) (int, error) { return 0, full })
	args := []string{"-nats", servers.URL(0), "-name", "x", "-replicas", "1", "-duration", "100ms"}
	g.Expect(run(t.Context(), out, io.Discard, args)).To(MatchError(full))
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestHelpExplains(t *testing.T) {
	g := NewWithT(t)
	var out bytes.Buffer
	g.Expect(run(t.Context(), io.Discard, &out, []string{"-h"})).To(MatchError(flag.ErrHelp))
	g.Expect(out.String()).To(And(ContainSubstring("-nats URL"), ContainSubstring("-name"), ContainSubstring("-duration")))
}
