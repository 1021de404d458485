package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// How long a check may take before a hang is taken for a find.
const (
	patience     = 90 * time.Second
	longPatience = 10 * time.Minute // at full length
)

// A check is one of the ways in which a fault may show. Those of compare are
// parts of one test binary, built with the race detector.
type check struct {
	name string
	args []string
}

var checks = []check{
	{"suite", []string{"./compare.test", "-test.failfast", "-ginkgo.fail-fast", "-test.run", "TestCompare|TestTiming"}},
	{"oracle", []string{"./compare.test", "-test.failfast", "-test.run", "TestOracle"}},
	{"linearizability", []string{"./compare.test", "-test.failfast", "-test.run", "TestLinearizable"}},
	{"feed", []string{"./compare.test", "-test.failfast", "-test.run", "Feed"}},
	{"races", []string{"./compare.test", "-test.failfast", "-test.run", "Beside"}},
	{"unit tests", []string{"go", "test", "-failfast", ".", "./internal/...", "./actor", "./mutexstore"}},
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
	return c
}

// must runs what has to succeed whatever the mutant is.
func (l *lab) must(args ...string) error {
	if out, err := l.command(context.Background(), "", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", args, err, out)
	}
	return nil
}

// try applies m, runs the checks until one notices, or every one, at full length
// if none has noticed, and takes m back.
func (l *lab) try(m *mutant, all bool) error {
	if err := l.must("git", "apply", m.path); err != nil {
		return err
	}
	if err := l.must("go", "test", "-race", "-c", "-o", "compare/compare.test", "./compare"); err != nil {
		return err
	}
	for _, c := range checks {
		if all || !m.dead() {
			m.verdicts = append(m.verdicts, l.run(c, patience))
		}
	}
	for _, c := range checks[1:5] { // those that can be longer
		if !m.dead() {
			c.name += " at full length"
			c.args = append(slices.Clone(c.args), "-prove")
			m.verdicts = append(m.verdicts, l.run(c, longPatience))
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
