package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// write makes a file of that age below dir.
func write(t *testing.T, dir, name string, age time.Duration) {
	path := filepath.Join(dir, name)
	at := time.Now().Add(-age)
	if err := errors.Join(
		os.MkdirAll(filepath.Dir(path), 0o755),
		os.WriteFile(path, []byte(name), 0o644),
		os.Chtimes(path, at, at),
	); err != nil {
		t.Fatal(err)
	}
}

// sample is a directory with an old and a new file, and one from the future.
func sample(t *testing.T) string {
	dir := t.TempDir()
	write(t, dir, "old.txt", 48*time.Hour)
	write(t, dir, "sub/new.txt", time.Hour)
	write(t, dir, "future.txt", -time.Hour)
	write(t, dir, ".git/config", time.Hour)
	return dir
}

func TestTourShowsEachStepWithEitherEngine(t *testing.T) {
	for _, engine := range []string{"actor", "mutexstore"} {
		t.Run(engine, func(t *testing.T) {
			g := NewWithT(t)
			var out, errs bytes.Buffer
			g.Expect(run(t.Context(), &out, &errs, []string{"-dir", sample(t), "-engine", engine})).To(Succeed())
			g.Expect(out.String()).To(And(
				ContainSubstring("2 files of"),
				MatchRegexp(`ModifiedSince\)\n  .* 11 bytes  sub/new.txt\n\n`),
				ContainSubstring(`set for 200ms:     "hello", present: true`),
				ContainSubstring(`200ms later:       "", present: false`),
				ContainSubstring("nobody wrote:       changed: false"),
				ContainSubstring(`changed: true, to "v2"`),
				ContainSubstring(`won: false, it is "theirs"`),
				ContainSubstring(`won: true, it is "mine"`),
				ContainSubstring("request 3, window closes"),
				ContainSubstring("entries 2, sets 2"),
			))
			g.Expect(errs.String()).To(MatchRegexp(`^example: passed over future.txt: modified at .*, more than a minute in the future\n$`))
		})
	}
}

func TestTourEndsWithItsContext(t *testing.T) {
	g := NewWithT(t)
	ctx, cancel := context.WithCancel(t.Context())
	out := writerFunc(func(p []byte) (int, error) {
		if bytes.Contains(p, []byte("set for")) {
			cancel()
		}
		g.Expect(string(p)).NotTo(ContainSubstring("later:"))
		return len(p), nil
	})
	g.Expect(run(ctx, out, io.Discard, []string{"-dir", sample(t)})).To(MatchError(errInterrupted))
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestOutputThatCannotBeWrittenIsAnError(t *testing.T) {
	full := errors.New("no space left on device")
	out := writerFunc(func([]byte) (int, error) { return 0, full })
	for _, args := range [][]string{nil, {"-http", "127.0.0.1:0"}} {
		NewWithT(t).Expect(run(t.Context(), out, io.Discard, append(args, "-dir", sample(t)))).To(MatchError(full))
	}
}

func TestErrorsAreOneClearLine(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-dir", "no/such/place"}, "-dir no/such/place: no such file or directory"},
		{[]string{"-dir", ""}, "-dir : no such file or directory"},
		{[]string{"-dir", "no\nplace"}, `-dir "no\nplace": no such file or directory`},
		{[]string{"-dir", "run.go"}, "-dir run.go: not a directory"},
		{[]string{"-dir"}, "flag needs an argument: -dir (-h lists the flags)"},
		{[]string{"-engine", "magic"}, `unknown engine "magic": use actor or mutex`},
		{[]string{"-http", taken.Addr().String()}, "address already in use"},
		{[]string{"-http", "8080"}, "missing port in address"},
		{[]string{"here"}, `unexpected argument "here"`},
		{[]string{"-dri", "x"}, "-dri (-h lists the flags)"},
	} {
		g := NewWithT(t)
		var out, errs bytes.Buffer
		err := run(t.Context(), &out, &errs, c.args)
		g.Expect(err).To(MatchError(ContainSubstring(c.want)))
		g.Expect(err.Error()).NotTo(ContainSubstring("\n"))
		g.Expect(out.String() + errs.String()).To(BeEmpty())
	}
}

func TestAddressInUseIsReportedBeforeTheTreeIsRead(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	err = run(t.Context(), io.Discard, io.Discard, []string{"-dir", endless(t), "-http", taken.Addr().String()})
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("address already in use")))
}

func TestHelpExplains(t *testing.T) {
	g := NewWithT(t)
	var out bytes.Buffer
	g.Expect(run(t.Context(), io.Discard, &out, []string{"-h"})).To(MatchError(flag.ErrHelp))
	g.Expect(out.String()).To(And(ContainSubstring("-dir"), ContainSubstring("-engine"), ContainSubstring("-http"),
		ContainSubstring("-replicated"), ContainSubstring("-nats URL"), ContainSubstring("-name"), ContainSubstring("-duration")))
}
