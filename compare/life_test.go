package compare_test

import (
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
)

type stringStore = lastmodstore.Store[string, int]

// watched runs f, looks for leaks, and ends the program with all stacks if none of
// the calls that f counts returns for a minute.
func watched(t *testing.T, f func(p *compare.Progress)) {
	t.Helper()
	var p compare.Progress
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		if err := p.Await(done); err != nil {
			panic(err)
		}
	}()
	defer func() { close(done); <-ended }()
	running := goleak.IgnoreCurrent()
	f(&p)
	if err := goleak.Find(running); err != nil {
		t.Error("19:", err)
	}
}

// atLength returns n, or full as make test-long has it.
func atLength(n, full int) int {
	if *long {
		return full
	}
	return n
}

// 19, 20, 21: what is called after Close returned finds the store closed, what
// returned before Close was called finds it open, and all of it returns.
func TestCloseBesideEveryMethod(t *testing.T) {
	for _, e := range tested() {
		for name, call := range tells {
			t.Run(e.Name+"/"+name, func(t *testing.T) {
				watched(t, func(p *compare.Progress) {
					for round := range atLength(50, 3000) {
						closeBeside(t, p, e.Strings([]time.Duration{0, 10 * time.Microsecond}[round%2]), name, call, round)
					}
				})
			})
		}
	}
}

func closeBeside(t *testing.T, p *compare.Progress, s stringStore, name string, call func(stringStore) verdict, round int) {
	s.Set("a", 1, 0)
	s.Set("b", 1, 0)
	var closing, isClosed atomic.Bool
	var wg sync.WaitGroup
	for range 3 {
		c := p.Caller()
		wg.Go(func() {
			for range 40 {
				late := isClosed.Load()
				v := call(s)
				c.Returned()
				early := !closing.Load() && name != "Close" && name != "Clear"
				switch {
				case late && v == open:
					t.Error("20: found open after Close returned")
				case early && v == closed:
					t.Error("21: found closed before Close was called")
				}
			}
		})
	}
	for range round % 50 {
		runtime.Gosched()
	}
	closing.Store(true)
	s.Close()
	isClosed.Store(true)
	wg.Wait()
}

// 12, 13: loops beside sweeps yield what stays exactly once, changes in order.
func TestSweepsBesideLoops(t *testing.T) {
	const stay = 1000
	for _, e := range tested() {
		t.Run(e.Name, func(t *testing.T) {
			watched(t, func(p *compare.Progress) {
				s, c := e.Strings(20*time.Microsecond), p.Caller()
				for i := range stay {
					s.Set("stays-"+strconv.Itoa(i), i, 0)
				}
				churnBeside(s, func() {
					for range atLength(30, 2000) {
						seen := map[string]bool{}
						for key := range s.All() {
							c.Returned()
							if seen[key] {
								t.Errorf("12: %s twice", key)
							}
							seen[key] = true
						}
						var last time.Time
						ordered := 0
						for key, e := range s.ModifiedSince(time.Time{}) {
							c.Returned()
							if !e.LastModified.After(last) {
								t.Errorf("13: %s is out of order", key)
							}
							if last = e.LastModified; e.TTL == 0 {
								ordered++
							}
							delete(seen, key)
						}
						for key := range seen {
							if len(key) > 5 && key[:5] == "stays" {
								t.Errorf("13: %s is missing", key)
							}
						}
						if ordered != stay {
							t.Errorf("13: %d instead of %d entries that stay", ordered, stay)
						}
					}
				})
				s.Close()
			})
		})
	}
}

// churnBeside runs f beside two goroutines that fill s with what soon expires.
func churnBeside(s stringStore, f func()) {
	var over atomic.Bool
	var wg sync.WaitGroup
	for c := range 2 {
		wg.Go(func() {
			for n := 0; !over.Load(); n++ {
				s.Set(fmt.Sprintf("goes-%d-%d", c, n%500), n, time.Duration(1+n%100)*time.Microsecond)
				if n%64 == 0 {
					s.Cleanup()
				}
			}
		})
	}
	f()
	over.Store(true)
	wg.Wait()
}

// 17: a bounded store beside readers never holds more than its bound, and what
// they read under a key was written under it.
func TestBoundBesideReaders(t *testing.T) {
	const bound = 50
	for _, e := range tested() {
		t.Run(e.Name, func(t *testing.T) {
			watched(t, func(p *compare.Progress) {
				s := e.Strings(20*time.Microsecond, lastmodstore.MaxEntries(bound))
				var over atomic.Bool
				var wg sync.WaitGroup
				for range 3 {
					wg.Go(func() {
						for n := 0; !over.Load(); n++ {
							if value, ok := s.Get(strconv.Itoa(n % 200)); ok && value%200 != n%200 {
								t.Errorf("15: %d under key %d", value, n%200)
							}
							if held := s.Len(); held > bound {
								t.Errorf("17: %d entries", held)
							}
						}
					})
				}
				c := p.Caller()
				for n := range atLength(20_000, 100_000) {
					c.Returned()
					ttl := time.Duration(n%3) * 50 * time.Microsecond
					if err := s.Set(strconv.Itoa(n%200), n, ttl); err != nil {
						t.Fatal(err)
					}
				}
				over.Store(true)
				wg.Wait()
				s.Close()
			})
		})
	}
}
