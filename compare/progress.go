package compare

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Progress counts the calls that have returned, so that a watchdog can tell a
// call that hangs from a machine that is slow: however long a check takes in all,
// it goes on while calls return. It is safe for concurrent use.
type Progress struct {
	mu      sync.Mutex // guards callers
	callers []*Caller
}

// A Caller counts the calls of one goroutine. Each goroutine needs one of its own:
// a shared counter would order the goroutines' calls, and so hide data races from
// the race detector.
type Caller struct {
	returned atomic.Uint64
	_        [56]byte // a cache line for each
}

// Caller returns a counter for one more goroutine.
func (p *Progress) Caller() *Caller {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := new(Caller)
	p.callers = append(p.callers, c)
	return c
}

// Returned notes that a call has returned.
func (c *Caller) Returned() { c.returned.Add(1) }

func (p *Progress) returned() (sum uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.callers {
		sum += c.returned.Load()
	}
	return sum + uint64(len(p.callers))
}

// patience is how many times in a row, a second apart, no call may have returned.
// Counting looks instead of reading the clock keeps a program that was suspended
// from being taken for one that hangs.
const patience = 60

// Await waits until done is closed. If no call returns for a minute, it returns an
// error that holds the stacks of all goroutines.
func (p *Progress) Await(done <-chan struct{}) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	last, idle := p.returned(), 0
	for idle < patience {
		select {
		case <-done:
			return nil
		case <-tick.C:
		}
		if now := p.returned(); now == last {
			idle++
		} else {
			last, idle = now, 0
		}
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return fmt.Errorf("21: no call has returned for %d seconds, after %d that did:\n\n%s", patience, last, stacks)
}
