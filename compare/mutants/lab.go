package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// patience is how long a check may take before a hang is taken for a find: many
// times as long as it takes.
const patience = 40 * time.Second

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
		part("race detector, feed", "Feed", "-prove"),
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
	return c
}

// must runs what has to succeed whatever the mutant is.
func (l *lab) must(args ...string) error {
	if out, err := l.command(context.Background(), "", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", args, err, out)
	}
	return nil
}

// try applies m, runs the checks until one notices, or every one of a stage, and
// takes m back.
func (l *lab) try(m *mutant, all bool) error {
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
			if all || !m.dead() {
				m.verdicts = append(m.verdicts, l.run(c))
			}
		}
	}
	return l.must("git", "apply", "-R", m.path)
}

// run answers whether the check failed, which is its success here.
func (l *lab) run(c check) verdict {
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
