// Package proxy is a TCP proxy that misbehaves on demand, for tests: it cuts connections, refuses new ones, and holds or delays
// what passes in either direction. What it passes on is complete and in order, as TCP promises.
package proxy

import (
	"net"
	"sync"
	"time"
)

// A Direction is one way through a proxy.
type Direction int

// The two directions.
const (
	ToServer Direction = iota
	ToClient
)

// A Proxy forwards connections to one address.
type Proxy struct {
	target   string
	listener net.Listener
	gates    [2]*gate
	wg       sync.WaitGroup

	mu     sync.Mutex // guards what follows
	refuse bool
	closed bool
	links  map[*link]struct{}
}

// link is one connection through the proxy.
type link struct{ client, server net.Conn }

func (l *link) close() {
	l.client.Close()
	l.server.Close()
}

// New returns a proxy that listens on a free loopback port and forwards to target.
func New(target string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{target: target, listener: listener, gates: [2]*gate{newGate(), newGate()}, links: make(map[*link]struct{})}
	p.wg.Go(p.accept)
	return p, nil
}

// Addr returns the address to connect to.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Cut closes all connections. New ones are accepted.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.close()
	}
}

// Refuse makes the proxy close new connections at once, or accept them again. Those that exist stay.
func (p *Proxy) Refuse(refuse bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = refuse
}

// Hold stops what passes in a direction, for all connections, until Release. Nothing is lost.
func (p *Proxy) Hold(d Direction) { p.gates[d].set(true) }

// Release lets pass what was held.
func (p *Proxy) Release(d Direction) { p.gates[d].set(false) }

// Delay makes everything that is read from now on in a direction wait before it is written.
func (p *Proxy) Delay(d Direction, by time.Duration) { p.gates[d].delay.Store(int64(by)) }

// Close closes all connections and returns when the proxy's goroutines have ended.
func (p *Proxy) Close() {
	if p.end() {
		p.listener.Close()
		for _, g := range p.gates {
			g.close()
		}
	}
	p.wg.Wait()
}

// end closes all connections and reports whether it is the first to do so.
func (p *Proxy) end() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.close()
	}
	first := !p.closed
	p.closed = true
	return first
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.wg.Go(func() { p.connect(client) })
	}
}

// connect forwards one connection until either side is closed.
func (p *Proxy) connect(client net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		client.Close()
		return
	}
	l := &link{client: client, server: server}
	if !p.add(l) {
		l.close()
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() { p.gates[ToServer].forward(l, server, client) })
	wg.Go(func() { p.gates[ToClient].forward(l, client, server) })
	wg.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

func (p *Proxy) add(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse || p.closed {
		return false
	}
	p.links[l] = struct{}{}
	return true
}
