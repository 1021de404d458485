package compare

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// A tester is one case as it runs on one engine. The case runs on a goroutine of
// its own, so that it can be given up: what it reports from then on is dropped.
// Every goroutine of a case is started by Go or by a group, so that a panic in a
// call fails the case instead of ending the program.
type tester struct {
	testing.TB
	gomega.Gomega
	progress

	engine   Engine
	long     bool
	pictures string // a directory; "": none
	root     *testing.T
	done     chan struct{} // closed when the case has ended
	failed   chan struct{} // closed when it must end

	mu       sync.Mutex // guards what follows
	givenUp  bool
	failure  string // the first
	skipping string // why the case skipped itself
	closers  []func()
	stack    []byte // of a panic in a bubble
}

func newTester(root *testing.T, r *runner) *tester {
	t := &tester{
		TB: root, root: root, engine: r.engine, long: r.long, pictures: r.pictures,
		done: make(chan struct{}), failed: make(chan struct{}),
	}
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(time.Minute)
	t.Gomega = g
	return t
}

// do runs the case.
func (t *tester) do(run func(t *tester)) {
	defer close(t.done)
	defer t.closeAll()
	defer t.catch()
	run(t)
}

// catch makes a failure of a panic.
func (t *tester) catch() {
	if p := recover(); p != nil {
		stack := debug.Stack()
		if t.stack != nil {
			stack = t.stack
		}
		t.fail(fmt.Sprintf("panic: %v\n\n%s", p, stack))
		t.mustEnd()
	}
}

// whenFailed is how long a case may go on after it has failed.
const whenFailed = 10 * time.Second

// await waits until the case has ended.
func (t *tester) await(limit time.Duration) error {
	ended := make(chan struct{})
	var err error
	go func() {
		defer close(ended)
		err = t.progress.await(t.done, limit)
	}()
	select {
	case <-ended:
		return err
	case <-t.failed:
	}
	select {
	case <-ended:
		return err
	case <-time.After(whenFailed):
		return errors.New("it has not ended after it failed")
	}
}

// giveUp fails the case, with the stacks of the goroutines that were not among
// before. It returns the first failure.
func (t *tester) giveUp(why error, before map[string]bool) string {
	t.fail(fmt.Sprintf("%v\n\n%s", why, newStacks(before)))
	t.mu.Lock()
	defer t.mu.Unlock()
	t.givenUp = true
	return t.failure
}

// reason is the first failure, or why the case skipped itself, or "".
func (t *tester) reason() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failure != "" {
		return t.failure
	}
	return t.skipping
}

// fail reports a failure.
func (t *tester) fail(message string) {
	t.TB.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.givenUp {
		return
	}
	if t.failure == "" {
		t.failure = message
	}
	t.TB.Error(message)
}

// mustEnd has the case end soon: the goroutine that calls it has ended early, and
// others may wait for it.
func (t *tester) mustEnd() {
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-t.failed:
	default:
		close(t.failed)
	}
}

// What follows replaces methods of testing.TB, so that it can be called on any
// goroutine and at any time.

func (t *tester) Errorf(format string, args ...any) {
	t.TB.Helper()
	t.fail(fmt.Sprintf(format, args...))
}

func (t *tester) Error(args ...any) {
	t.TB.Helper()
	t.fail(fmt.Sprint(args...))
}

func (t *tester) Fatalf(format string, args ...any) {
	t.TB.Helper()
	t.fail(fmt.Sprintf(format, args...))
	t.FailNow()
}

func (t *tester) Fatal(args ...any) {
	t.TB.Helper()
	t.fail(fmt.Sprint(args...))
	t.FailNow()
}

func (t *tester) Fail() { t.fail("failed") }

func (t *tester) FailNow() {
	t.mustEnd()
	runtime.Goexit()
}

func (t *tester) Failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.givenUp || t.failure != ""
}

func (t *tester) Log(args ...any) {
	t.TB.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.givenUp {
		t.TB.Log(args...)
	}
}

func (t *tester) Logf(format string, args ...any) {
	t.TB.Helper()
	t.Log(fmt.Sprintf(format, args...))
}

// What follows is for cases.

// without ends the case as skipped, for lack of what.
func (t *tester) without(what string) {
	t.mu.Lock()
	t.skipping = "the engine has no " + what
	t.mu.Unlock()
	runtime.Goexit()
}

// open returns a store that is closed when the case ends, before the search for
// goroutines that are left. In a bubble, the case has to close it itself.
func (t *tester) open(opts ...lastmodstore.Option) stringStore {
	s := t.engine.Strings(time.Minute, opts...)
	t.closeAtEnd(s)
	return s
}

// openAny is as open for keys and values of any type.
func (t *tester) openAny() lastmodstore.Store[any, any] {
	if t.engine.Any == nil {
		t.without("Any")
	}
	s := t.engine.Any(0)
	t.closeAtEnd(s)
	return s
}

func (t *tester) closeAtEnd(s interface{ Close() error }) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closers = append(t.closers, func() {
		if err := s.Close(); err != nil {
			t.Errorf("19: Close returned %v", err)
		}
	})
}

func (t *tester) closeAll() {
	defer t.catch()
	for _, closeStore := range t.closers {
		closeStore()
	}
}

// Go runs f on a goroutine of its own.
func (t *tester) Go(f func()) {
	go func() {
		defer t.catch()
		f()
	}()
}

// A workers is a sync.WaitGroup whose goroutines may panic.
type workers struct {
	sync.WaitGroup
	t *tester
}

func (t *tester) workers() *workers { return &workers{t: t} }

// Go runs f on a goroutine of its own.
func (w *workers) Go(f func()) {
	w.WaitGroup.Go(func() {
		defer w.t.catch()
		f()
	})
}

// concurrently runs f on n goroutines and waits for them. f notes each call that
// returned.
func (t *tester) concurrently(n int, f func(i int, c *caller)) {
	w := t.workers()
	for i := range n {
		c := t.caller()
		w.Go(func() { f(i, c) })
	}
	w.Wait()
}

// bubble runs f in a synctest bubble and lets a panic of it out.
func (t *tester) bubble(f func()) {
	var panicked any
	exited := true
	synctest.Test(t.root, func(*testing.T) {
		done := make(chan struct{})
		go func() { // not on the bubble's first goroutine, which must not exit early
			defer close(done)
			defer func() {
				if panicked = recover(); panicked != nil {
					t.stack = debug.Stack()
				}
			}()
			f()
			exited = false
		}()
		<-done
	})
	if panicked != nil {
		panic(panicked)
	}
	if exited {
		runtime.Goexit()
	}
}

// atLength returns n, or full with [Long].
func (t *tester) atLength(n, full int) int {
	if t.long {
		return full
	}
	return n
}

// seeds calls f with n seeds, or full with [Long], until one fails.
func (t *tester) seeds(n, full int, f func(seed uint64)) {
	for seed := range uint64(t.atLength(n, full)) {
		seedFails := true
		func() {
			defer func() {
				if seedFails {
					t.Logf("with seed %d", seed)
				}
			}()
			f(seed)
			seedFails = t.Failed()
		}()
		if seedFails {
			return
		}
	}
}
