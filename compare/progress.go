package compare

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// progress counts the calls that have returned, so that a watchdog can tell a
// call that hangs from a machine that is slow: however long a case takes in all,
// it continues while calls return. It is safe for concurrent use.
type progress struct {
	mu      sync.Mutex // guards callers
	callers []*caller
}

// A caller counts the calls of one goroutine. Each goroutine needs its own: a
// shared counter would order the goroutines' calls, and so hide data races from
// the race detector.
type caller struct {
	calls atomic.Uint64
	_     [56]byte // a cache line for each
}

// caller returns a counter for one more goroutine.
func (p *progress) caller() *caller {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := new(caller)
	p.callers = append(p.callers, c)
	return c
}

// returned notes that a call has returned.
func (c *caller) returned() { c.calls.Add(1) }

func (p *progress) sum() (sum uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.callers {
		sum += c.calls.Load()
	}
	return sum + uint64(len(p.callers))
}

// await waits until done is closed. It returns an error if no call returns for
// limit, or if the whole takes longer than overall limits. It counts seconds
// instead of reading the clock, so that a program that was suspended is not taken
// for one that hangs.
func (p *progress) await(done <-chan struct{}, limit time.Duration) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	patience := int(limit / time.Second)
	last, idle := p.sum(), 0
	for range overall * patience {
		select {
		case <-done:
			return nil
		case <-tick.C:
		}
		if now := p.sum(); now == last {
			idle++
		} else {
			last, idle = now, 0
		}
		if idle == patience {
			return fmt.Errorf("21: no call has returned for %v, after %d that did", limit, last)
		}
	}
	return fmt.Errorf("21: it has not ended within %v, after %d calls", overall*limit, last)
}
