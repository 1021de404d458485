// Package baseline holds the simple designs that the engines are measured
// against. They are honest but small: no order, no conditions, no Close that waits,
// and a cleanup in one long step. They read the clock as the engines do, so that a
// ratio shows the design and not the clock.
package baseline

import (
	"sync"
	"time"
)

type entry[V any] struct {
	value    V
	modified int64
	deadline int64 // 0: does not expire
}

var base = time.Now()

func now() int64 { return int64(time.Since(base)) }

func newEntry[V any](value V, ttl time.Duration) entry[V] {
	e := entry[V]{value: value, modified: now()}
	if ttl > 0 {
		e.deadline = e.modified + int64(ttl)
	}
	return e
}

func (e entry[V]) live() bool { return e.deadline == 0 || now() < e.deadline }

// RWMap is a map behind a sync.RWMutex whose cleanup scans all of it.
type RWMap[V any] struct {
	mu sync.RWMutex // guards m
	m  map[string]entry[V]
}

// NewRWMap returns an empty RWMap.
func NewRWMap[V any]() *RWMap[V] { return &RWMap[V]{m: map[string]entry[V]{}} }

// Get returns the value for key and reports whether it was present.
func (s *RWMap[V]) Get(key string) (value V, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if e, ok := s.m[key]; ok && e.live() {
		return e.value, true
	}
	return value, false
}

// Set stores value.
func (s *RWMap[V]) Set(key string, value V, ttl time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.m[key] = newEntry(value, ttl)
	return nil
}

// Len returns the number of entries held.
func (s *RWMap[V]) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.m)
}

// Each calls body with every live entry, under the read lock: writers wait.
func (s *RWMap[V]) Each(body func(key string, value V)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for k, e := range s.m {
		if e.live() {
			body(k, e.value)
		}
	}
}

// Cleanup removes every expired entry under one lock.
func (s *RWMap[V]) Cleanup() int {
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

// Textbook is an actor as it is usually written: a reply channel per call, and
// a select over mailbox, ticker and done.
type Textbook[V any] struct {
	mailbox chan message[V]
	done    chan struct{}
}

type message[V any] struct {
	set   bool
	key   string
	value V
	ttl   time.Duration
	reply chan result[V]
}

type result[V any] struct {
	value V
	ok    bool
}

// NewTextbook starts the actor. Close ends it.
func NewTextbook[V any](interval time.Duration) *Textbook[V] {
	s := &Textbook[V]{make(chan message[V]), make(chan struct{})}
	go s.loop(interval)
	return s
}

func (s *Textbook[V]) loop(interval time.Duration) {
	m := map[string]entry[V]{}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case r := <-s.mailbox:
			if r.set {
				m[r.key] = newEntry(r.value, r.ttl)
				r.reply <- result[V]{}
				continue
			}
			e, ok := m[r.key]
			r.reply <- result[V]{e.value, ok && e.live()}
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

func (s *Textbook[V]) call(r message[V]) result[V] {
	r.reply = make(chan result[V])
	select {
	case s.mailbox <- r:
		return <-r.reply
	case <-s.done:
		return result[V]{}
	}
}

// Get returns the value for key and reports whether it was present.
func (s *Textbook[V]) Get(key string) (V, bool) {
	a := s.call(message[V]{key: key})
	return a.value, a.ok
}

// Set stores value.
func (s *Textbook[V]) Set(key string, value V, ttl time.Duration) error {
	s.call(message[V]{set: true, key: key, value: value, ttl: ttl})
	return nil
}

// Close ends the loop.
func (s *Textbook[V]) Close() { close(s.done) }

// PingPong is a bare round trip over two unbuffered channels: the lower limit for an
// actor with one caller.
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
