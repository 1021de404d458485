// Package baseline holds the simple designs that the engines are measured
// against. They are honest but small: no order, no conditions, no Close that
// waits, no bounded cleanup. All read the clock as the engines do, so that a
// ratio shows the design and not the clock.
package baseline

import (
	"sync"
	"time"
)

type entry struct {
	value    int
	modified int64
	deadline int64 // 0: does not expire
}

var base = time.Now()

func now() int64 { return int64(time.Since(base)) }

func newEntry(value int, ttl time.Duration) entry {
	e := entry{value: value, modified: now()}
	if ttl > 0 {
		e.deadline = e.modified + int64(ttl)
	}
	return e
}

func (e entry) live() bool { return e.deadline == 0 || now() < e.deadline }

// RWMap is a map behind a sync.RWMutex whose cleanup scans all of it.
type RWMap struct {
	mu sync.RWMutex // guards m
	m  map[string]entry
}

// NewRWMap makes an empty RWMap.
func NewRWMap() *RWMap { return &RWMap{m: map[string]entry{}} }

// Get answers the value of key.
func (s *RWMap) Get(key string) (int, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if e, ok := s.m[key]; ok && e.live() {
		return e.value, true
	}
	return 0, false
}

// Set stores value.
func (s *RWMap) Set(key string, value int, ttl time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.m[key] = newEntry(value, ttl)
	return nil
}

// Cleanup removes every expired entry under one lock.
func (s *RWMap) Cleanup() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	removed, at := 0, now()
	for k, e := range s.m {
		if e.deadline != 0 && e.deadline <= at {
			delete(s.m, k)
			removed++
		}
	}
	return removed
}

// Textbook is the actor as it is usually written: a reply channel per call, and
// a select over mailbox, ticker and done.
type Textbook struct {
	mailbox chan message
	done    chan struct{}
}

type message struct {
	set   bool
	key   string
	value int
	ttl   time.Duration
	reply chan answer
}

type answer struct {
	value int
	ok    bool
}

// NewTextbook starts the actor. Close ends it.
func NewTextbook(interval time.Duration) *Textbook {
	s := &Textbook{make(chan message), make(chan struct{})}
	go s.loop(interval)
	return s
}

func (s *Textbook) loop(interval time.Duration) {
	m := map[string]entry{}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case r := <-s.mailbox:
			if r.set {
				m[r.key] = newEntry(r.value, r.ttl)
				r.reply <- answer{}
				continue
			}
			e, ok := m[r.key]
			r.reply <- answer{e.value, ok && e.live()}
		case <-ticker.C:
			for k, e := range m {
				if !e.live() {
					delete(m, k)
				}
			}
		case <-s.done:
			return
		}
	}
}

func (s *Textbook) call(r message) answer {
	r.reply = make(chan answer)
	select {
	case s.mailbox <- r:
		return <-r.reply
	case <-s.done:
		return answer{}
	}
}

// Get answers the value of key.
func (s *Textbook) Get(key string) (int, bool) {
	a := s.call(message{key: key})
	return a.value, a.ok
}

// Set stores value.
func (s *Textbook) Set(key string, value int, ttl time.Duration) error {
	s.call(message{set: true, key: key, value: value, ttl: ttl})
	return nil
}

// Close ends the loop.
func (s *Textbook) Close() { close(s.done) }

// PingPong is a bare round trip over two unbuffered channels: what no actor on
// them can beat with one caller.
type PingPong struct{ ping, pong chan int }

// NewPingPong starts the other side. Close ends it.
func NewPingPong() *PingPong {
	s := &PingPong{make(chan int), make(chan int)}
	go func() {
		for v := range s.ping {
			s.pong <- v
		}
	}()
	return s
}

// Get makes one round trip.
func (s *PingPong) Get(string) (int, bool) {
	s.ping <- 1
	return <-s.pong, true
}

// Set makes one round trip.
func (s *PingPong) Set(string, int, time.Duration) error {
	s.Get("")
	return nil
}

// Close ends the other side.
func (s *PingPong) Close() { close(s.ping) }
