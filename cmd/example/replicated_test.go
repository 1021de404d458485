package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/embedded/servertest"
)

func TestReplicatedStoreIsShownOnRunningServers(t *testing.T) {
	g := NewWithT(t)
	servers, err := servertest.Start(t.Context(), 1, t.TempDir())
	g.Expect(err).NotTo(HaveOccurred())
	defer servers.Close()
	args := []string{"-replicated", "-nats", servers.URL(0), "-name", "x", "-replicas", "1", "-duration", "100ms"}
	var out, errs bytes.Buffer
	g.Expect(run(t.Context(), &out, &errs, args)).To(Succeed())
	g.Expect(out.String()).To(ContainSubstring("nothing counted twice"))
	g.Expect(errs.String()).To(BeEmpty())

	full := errors.New("no space left on device")
	writer := writerFunc(func([]byte) (int, error) { return 0, full })
	g.Expect(run(t.Context(), writer, io.Discard, args)).To(MatchError(full))
}

func TestErrorsOfReplicatedAreOneClearLine(t *testing.T) {
	for args, want := range map[string]string{
		"-nats":                            "flag needs an argument: -nats (-h lists the flags)",
		"-replicated -duration 3":          "(-h lists the flags)",
		"-replicated here":                 `unexpected argument "here"`,
		"-nats localhost -name x":          "needs -replicated",
		"-replicated -dir .":               "-dir cannot be used with -replicated",
		"-replicated -nats localhost":      "-nats needs -name",
		"-replicated -name x":              "-name needs -nats",
		"-replicated -replicas 1":          "-replicas needs -nats",
		"-replicated -replicas 2":          "-replicas 2: use 1, 3 or 5",
		"-replicated -duration 0s":         "-duration 0s: use more than 0 and at most 5m",
		"-replicated -name x -nats [::1]1": "connecting to ",
	} {
		g := NewWithT(t)
		var out, errs bytes.Buffer
		err := run(t.Context(), &out, &errs, strings.Fields(args))
		g.Expect(err).To(MatchError(ContainSubstring(want)), args)
		g.Expect(err.Error()).NotTo(ContainSubstring("\n"))
		g.Expect(out.String() + errs.String()).To(BeEmpty())
	}
}
