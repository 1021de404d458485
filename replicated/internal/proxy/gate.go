package proxy

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// gate is what everything in one direction passes through.
type gate struct {
	delay atomic.Int64
	done  chan struct{} // closed by close

	mu   sync.Mutex    // guards open
	open chan struct{} // closed while the gate is open
}

func newGate() *gate {
	g := &gate{done: make(chan struct{}), open: make(chan struct{})}
	close(g.open)
	return g
}

func (g *gate) close() { close(g.done) }

func (g *gate) set(hold bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.open:
		if hold {
			g.open = make(chan struct{})
		}
	default:
		if !hold {
			close(g.open)
		}
	}
}

// pass returns when the gate is open and the delay has passed, and reports whether the proxy goes on.
func (g *gate) pass() bool {
	if d := time.Duration(g.delay.Load()); d > 0 {
		select {
		case <-time.After(d):
		case <-g.done:
			return false
		}
	}
	g.mu.Lock()
	open := g.open
	g.mu.Unlock()
	select {
	case <-open:
		return true
	case <-g.done:
		return false
	}
}

// forward copies from one side to the other, and closes both when it ends. A connection that is cut while the gate holds back
// what was read loses it, as it would lose what is in a network's buffers.
func (g *gate) forward(l *link, to, from net.Conn) {
	defer l.close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if !g.pass() {
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
