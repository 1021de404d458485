package compare

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// Run tests e: each case is a subtest of t. A case that fails, hangs, panics or
// leaves a goroutine behind fails alone, and the others still run. Run logs its
// [Report] at the end, and returns it.
//
// A panic on a goroutine that the engine started ends the whole program, and what
// a case that hangs has started goes on: see [Isolated].
func Run(t *testing.T, e Engine, options ...Option) *Report {
	t.Helper()
	if e.Strings == nil {
		t.Fatal("compare: Run: Engine.Strings is nil: it must open a store of string to int")
	}
	r := &runner{engine: e, limit: defaultLimit, report: &Report{Engine: e.Name}}
	for _, o := range options {
		o(r)
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for _, c := range g.cases() {
				r.runCase(t, g.name, c)
			}
		})
	}
	if !isChild() {
		t.Log(r.report)
	}
	return r.report
}

// A runner runs the cases on one engine.
type runner struct {
	engine   Engine
	skipped  []int // sentences
	omitted  []string
	missing  []Capability
	limit    time.Duration
	long     bool
	isolated bool
	pictures string
	report   *Report
}

// runCase runs c as a subtest of t and reports its result.
func (r *runner) runCase(t *testing.T, group string, c testCase) {
	if !c.runsOn(r.engine) || isChild() && !isChildFor(t, c) {
		return
	}
	result := Result{Group: group, Case: c.name, Sentences: sentences(c.name)}
	ran := false
	ok := t.Run(c.name, func(t *testing.T) {
		ran = true
		if result.Reason = r.reasonToSkip(c); result.Reason == "" {
			result.Reason = r.try(t, c)
		}
		if result.Reason != "" && !t.Failed() {
			result.Outcome = Skipped
			t.Skip(result.Reason)
		}
	})
	if !ok {
		result.Outcome = Failed
	}
	if ran {
		r.report.add(result)
	}
}

// reasonToSkip returns why c is skipped; "" if it is not.
func (r *runner) reasonToSkip(c testCase) string {
	for _, n := range sentences(c.name) {
		if slices.Contains(r.skipped, n) {
			return fmt.Sprintf("sentence %d is skipped", n)
		}
	}
	for _, text := range r.omitted {
		if strings.Contains(c.name, text) {
			return fmt.Sprintf("%q is omitted", text)
		}
	}
	for _, needed := range c.needs {
		if slices.Contains(r.missing, needed) {
			return "without " + needed.String()
		}
	}
	return ""
}

// try runs c within its time limit and looks for the goroutines that it left. It
// returns the first failure, or why the case skipped itself.
func (r *runner) try(t *testing.T, c testCase) string {
	if r.isolated && !isChild() {
		return r.tryInChild(t)
	}
	before, running := goroutines(), goleak.IgnoreCurrent()
	x := newTester(t, r)
	go x.do(c.run)
	if err := x.await(r.limit); err != nil {
		return x.giveUp(err, before)
	}
	if err := goleak.Find(running); err != nil {
		x.Errorf("19: goroutines are left behind: %v", err)
	}
	return x.end()
}

// sentences returns the numbers at the head of a case's name: "12, 13: a loop ...".
func sentences(name string) (all []int) {
	head, _, found := strings.Cut(name, ": ")
	if !found {
		return nil
	}
	for _, field := range strings.Split(head, ", ") {
		n, err := strconv.Atoi(field)
		if err != nil {
			return nil
		}
		all = append(all, n)
	}
	return all
}
