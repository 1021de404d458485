package compare

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/onsi/gomega"
)

// A tester is one case as it runs on one engine. The case runs on a goroutine of
// its own, so that it can be given up: what it reports from then on is dropped.
// Every goroutine of a case is started by Go or by workers, so that a panic in a
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
		t.fail(fmt.Sprintf("panic: %v\n\n%s", p, t.panicStack()))
		t.mustEnd()
	}
}

// panicStack returns the stack of the panic that is being recovered, which may have
// come out of a bubble.
func (t *tester) panicStack() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stack != nil {
		return t.stack
	}
	return debug.Stack()
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

// end returns the first failure, or why the case skipped itself, or "". What a
// goroutine that the case has left reports from now on is dropped.
func (t *tester) end() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.givenUp = true
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
