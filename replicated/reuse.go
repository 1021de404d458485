// This file runs on the callers' goroutines.

package replicated

import (
	"time"

	"github.com/lastmodstore/lastmodstore/replicated/internal/replica"
)

// newCall returns a call without data and result, whose timer is stopped.
func (p *pipeline[V]) newCall() *call[V] {
	if c, ok := p.calls.Get().(*call[V]); ok {
		return c
	}
	c := &call[V]{done: make(chan struct{}, 1), timer: time.NewTimer(time.Hour)}
	c.timer.Stop()
	return c
}

// maxReused bounds the data of a call that is kept for reuse, in bytes.
const maxReused = 4 << 10

// reuse keeps c, whose result has been received, for another call: no message refers to
// it any longer.
func (p *pipeline[V]) reuse(c *call[V]) {
	c.timer.Stop()
	if cap(c.data) > maxReused {
		return
	}
	c.data, c.result, c.err = c.data[:0], replica.Result[V]{}, nil
	p.calls.Put(c)
}
