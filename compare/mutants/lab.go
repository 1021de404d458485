//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// A check is one of the ways in which a fault may show: a part of compare's
// test binary, or a command of the go tool.
type check struct {
	name string
	args []string
}

func part(name, run string, more ...string) check {
	return check{name, append([]string{"./compare.test", "-test.failfast", "-ginkgo.fail-fast", "-test.run", run}, more...)}
}

// The stages are run until a mutant is dead: as it is, under the race detector,
// and at full length.
var stages = []struct {
	build  []string
	checks []check
}{
	{[]string{"go", "test", "-c", "-o", "compare/compare.test", "./compare"}, []check{
		part("timing", "TestTiming"),
		part("suite", "TestCompare"),
		part("linearizability", "TestLinearizable"),
		part("oracle", "TestOracle"),
		part("feed", "Feed"),
		{"unit tests", []string{"go", "test", "-failfast", ".", "./internal/...", "./actor", "./mutexstore"}},
		part("races", "Beside"),
	}},
	{[]string{"go", "test", "-race", "-c", "-o", "compare/compare.test", "./compare"}, []check{
		part("race detector, suite", "TestCompare"),
		part("race detector, races", "Beside"),
		part("race detector, linearizability", "TestLinearizable", "-prove"),
		part("race detector, feed", "Feed"),
	}},
}

// A lab is a copy of the tree.
type lab struct{ dir string }

func newLab() (*lab, error) {
	dir, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return nil, err
	}
	l := &lab{dir}
	return l, os.CopyFS(dir, os.DirFS("."))
}

func (l *lab) close() { os.RemoveAll(l.dir) }

func (l *lab) command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Dir = filepath.Join(l.dir, dir)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that what it starts ends with it
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	return c
}

// must runs what has to succeed whatever the mutant is.
func (l *lab) must(args ...string) error {
	if out, err := l.command(context.Background(), "", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", args, err, out)
	}
	return nil
}

// control is a lab without any mutant. It tells how long a check takes when it
// finds nothing: one that takes much longer hangs.
type control struct {
	*lab
	mu   sync.Mutex // guards took
	took map[string]time.Duration
}

func newControl() (*control, error) {
	l, err := newLab()
	return &control{lab: l, took: map[string]time.Duration{}}, err
}

// patience is how long a check may take before a hang is taken for a find.
func (l *control) patience(build []string, c check) (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.took[c.name]; !ok {
		if err := l.must(build...); err != nil {
			return 0, err
		}
		v := l.run(c, 10*time.Minute)
		if v.caught {
			return 0, fmt.Errorf("%v, without any mutant: it shows nothing", v)
		}
		l.took[c.name] = v.after
	}
	return 30*time.Second + 4*l.took[c.name], nil
}

// try applies m, runs the checks until one notices, or every one of a stage, and
// takes m back.
func (l *lab) try(m *mutant, all bool, healthy *control) error {
	if err := l.must("git", "apply", m.path); err != nil {
		return err
	}
	for _, stage := range stages {
		if m.dead() {
			break
		}
		if err := l.must(stage.build...); err != nil {
			return err
		}
		for _, c := range stage.checks {
			if m.dead() && !all {
				break
			}
			patience, err := healthy.patience(stage.build, c)
			if err != nil {
				return err
			}
			m.verdicts = append(m.verdicts, l.run(c, patience))
		}
	}
	return l.must("git", "apply", "-R", m.path)
}

// run answers whether the check failed, which is its success here.
func (l *lab) run(c check, patience time.Duration) verdict {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	dir := "compare"
	if c.args[0] == "go" {
		dir = ""
	}
	start := time.Now()
	err := l.command(ctx, dir, c.args...).Run()
	var exit *exec.ExitError
	return verdict{
		check:  c.name,
		caught: errors.As(err, &exit),
		hung:   ctx.Err() != nil,
		after:  time.Since(start),
	}
}
