package compare

import (
	"iter"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// The methods in this file are what cases use.

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
	if t.engine.Outside {
		t.without("place in a bubble")
	}
	var panicked any
	exited := true
	synctest.Test(t.root, func(*testing.T) {
		done := make(chan struct{})
		go func() { // not on the bubble's first goroutine, which must not exit early
			defer close(done)
			defer func() {
				if panicked = recover(); panicked != nil {
					t.mu.Lock()
					defer t.mu.Unlock()
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

// rounds yields 0 to n, or to full with [Long]. Each round counts as a call that has
// returned: most make calls that are not counted.
func (t *tester) rounds(n, full int) iter.Seq[int] {
	return func(yield func(int) bool) {
		c := t.progress.caller()
		for round := range t.atLength(n, full) {
			if !yield(round) {
				return
			}
			c.returned()
		}
	}
}

// seeds calls f with n seeds, or full with [Long], until one fails.
func (t *tester) seeds(n, full int, f func(seed uint64)) {
	for round := range t.rounds(n, full) {
		seed, seedFails := uint64(round), true
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
