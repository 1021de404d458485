package main

import (
	"context"
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/klauspost/cpuid/v2"
	"golang.org/x/term"

	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
	"github.com/lastmodstore/lastmodstore/cmd/compare/runner"
)

// measure measures and shows the result. It returns the exit code.
func (o *options) measure(ctx context.Context, stdout, stderr *os.File, command []string) int {
	implementations, workloads, err := o.choose()
	if err == nil {
		err = o.outputs.reserve()
	}
	if err != nil {
		return complain(stderr, err, misused)
	}
	defer o.outputs.discard()
	u := &runner.Runner{
		Implementations: implementations, Workloads: workloads, Plan: o.plan,
		Rounds: o.rounds, Histories: o.histories, Progress: progress(stderr),
	}
	r, err := measure(ctx, u, command)
	if err == nil {
		err = explainNothing(r)
	}
	if err == nil || errors.Is(err, runner.ErrWrongResult) {
		err = errors.Join(err, o.outputs.write(stdout, r))
	}
	switch {
	case err != nil:
		return complain(stderr, err, failed)
	case r.Interrupted:
		return interrupted
	}
	return ok
}

// measure returns what u measures. It is complete if the error is nil or
// [runner.ErrWrongResult].
func measure(ctx context.Context, u *runner.Runner, command []string) (*result.Result, error) {
	r := &result.Result{
		Machine: machine(), Command: command, Commit: commit(),
		Started: time.Now().UTC().Truncate(time.Second), Seed: u.Plan.Seed, Rounds: u.Rounds,
	}
	start := time.Now()
	err := u.Run(ctx, r)
	r.Took, r.Machine.LoadAfter = time.Since(start).Round(time.Millisecond), load()
	return r, err
}

func progress(w *os.File) runner.Progress {
	if term.IsTerminal(int(w.Fd())) {
		return runner.NewBar(w)
	}
	return runner.NewLines(w)
}

func machine() result.Machine {
	return result.Machine{
		OS: runtime.GOOS, Arch: runtime.GOARCH, CPU: strings.TrimSpace(cpuid.CPU.BrandName),
		Cores: runtime.NumCPU(), GOMAXPROCS: runtime.GOMAXPROCS(0), Go: runtime.Version(), LoadBefore: load(),
	}
}

// load returns the load averages of the last 1, 5 and 15 minutes, or "" where the
// system does not report them.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}

// commit returns the commit that this program was built from.
func commit() string {
	info, _ := debug.ReadBuildInfo()
	revision, changed := "unknown", ""
	if info != nil {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				revision = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				changed = "+changes"
			}
		}
	}
	return revision + changed
}
