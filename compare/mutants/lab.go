//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// A lab is a copy of the tree.
type lab struct {
	dir   string
	built map[string]bool // test binaries of the present tree, by package
}

func newLab() (*lab, error) {
	dir, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return nil, err
	}
	l := &lab{dir: dir}
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

// change changes the tree, so that every test binary has to be built again.
func (l *lab) change(args ...string) error {
	l.built = map[string]bool{}
	return l.must(args...)
}

// build builds the test binary that c needs, once for each tree.
func (l *lab) build(c check) error {
	key := fmt.Sprint(c.pkg, c.files, c.race)
	if c.pkg == "" || l.built[key] {
		return nil
	}
	args := []string{"go", "test", "-vet=off", "-c", "-o", filepath.Join(c.pkg, binary)}
	if c.race {
		args = append(args, "-race")
	} else {
		args = append(args, "-gcflags=-N -l") // compiling takes longer than running
	}
	if c.files != "" {
		overlay := filepath.Join(l.dir, "overlay.json")
		if err := c.hideTests(l.dir, overlay); err != nil {
			return err
		}
		args = append(args, "-overlay", overlay)
	}
	err := l.must(append(args, "./"+c.pkg)...)
	l.built = map[string]bool{key: err == nil} // one file holds each of them in turn
	return err
}

// hideTests writes an overlay for the go tool without the test files of the package, in the
// tree at dir, that c does not need: to compile them takes longer than to run them.
func (c *check) hideTests(dir, overlay string) error {
	tests, err := filepath.Glob(filepath.Join(dir, c.pkg, "*_test.go"))
	if err != nil {
		return err
	}
	hidden := map[string]string{}
	for _, file := range tests {
		if !c.needs(filepath.Base(file)) {
			hidden[file] = ""
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": hidden})
	if err != nil {
		return err
	}
	return os.WriteFile(overlay, text, 0o600)
}

// control is a lab without any mutant. It tells how long a check takes when it
// finds nothing: one that takes much longer hangs.
type control struct {
	*lab
	mu   sync.Mutex // guards what follows, and the tree
	took map[string]time.Duration
}

func newControl() (*control, error) {
	l, err := newLab()
	return &control{lab: l, took: map[string]time.Duration{}}, err
}

// healthyTries is how often a check may fail without a mutant before that is taken
// for its fault: some ask for more than a machine can give that is busy otherwise.
const healthyTries = 3

// patience is how long a check may take before a hang is taken for a find.
func (l *control) patience(c check) (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := fmt.Sprint(c.name, c.command())
	if _, ok := l.took[key]; !ok {
		if err := l.build(c); err != nil {
			return 0, err
		}
		v := l.run(c, 10*time.Minute)
		for tries := 1; v.caught && tries < healthyTries; tries++ {
			v = l.run(c, 10*time.Minute)
		}
		if v.caught {
			return 0, fmt.Errorf("%v, without any mutant: it shows nothing", v)
		}
		l.took[key] = v.after
	}
	return 20*time.Second + 4*l.took[key], nil
}

// try applies m, runs the checks until one notices, or all of them, and takes m
// back. The race detector is not tried if a check without it has noticed.
func (l *lab) try(m *mutant, all, race bool, healthy *control) error {
	if err := l.change("git", "apply", m.path); err != nil {
		return err
	}
	for _, c := range checksOf(m) {
		if m.dead() && (!all || c.race) || c.race && !race {
			break
		}
		patience, err := healthy.patience(c)
		if err != nil {
			return err
		}
		if err := l.build(c); err != nil {
			return err
		}
		m.verdicts = append(m.verdicts, l.run(c, patience))
	}
	return l.change("git", "apply", "-R", m.path)
}

// run reports whether the check failed, which is its success here.
func (l *lab) run(c check, patience time.Duration) verdict {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	start := time.Now()
	err := l.command(ctx, c.pkg, c.command()...).Run()
	var exit *exec.ExitError
	return verdict{
		check:  c.name,
		caught: errors.As(err, &exit),
		hung:   ctx.Err() != nil,
		after:  time.Since(start),
	}
}
