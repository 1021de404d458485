package main

import (
	"context"
	"fmt"
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

// obtain reads a result or measures a new one.
func (o *options) obtain(ctx context.Context, stderr *os.File, command []string) (*result.Result, error) {
	if o.from != "" {
		f, err := os.Open(o.from)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r, err := result.Read(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.from, err)
		}
		return r, nil
	}
	r := &result.Result{
		Machine: machine(), Command: command, Commit: commit(),
		Started: time.Now().UTC().Truncate(time.Second), Seed: o.plan.Seed, Rounds: o.rounds,
	}
	u := runner.Runner{
		Implementations: o.implementations, Workloads: o.workloads, Plan: o.plan,
		Rounds: o.rounds, Histories: o.histories, Progress: progress(stderr),
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

// load is how busy the machine was in the last 1, 5 and 15 minutes, where the
// system reports it.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}

// commit is what this program was built from.
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
