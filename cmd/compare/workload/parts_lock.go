package workload

import (
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
)

var lockSteps = []step{
	{"lock", "RLock and RUnlock, nothing in between", func() implementation.Store[int] { return &locked{} }},
	{"lock + map", "and a lookup in a map", func() implementation.Store[int] { return &locked{m: map[string]timed{}} }},
	{"lock + map + clock", "and a check whether the entry has expired", func() implementation.Store[int] { return &locked{m: map[string]timed{}, clock: true} }},
	engineStep("mutexstore"),
}

type timed struct {
	value    int
	deadline time.Duration // since base
}

var base = time.Now()

// locked is a lock with the parts of a step.
type locked struct {
	mu    sync.RWMutex // guards m
	m     map[string]timed
	clock bool
}

func (l *locked) Get(key string) (int, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return lookup(l.m, l.clock, key)
}

func (l *locked) Set(key string, value int, ttl time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.m == nil {
		return errNoTable
	}
	l.m[key] = timed{value, time.Since(base) + ttl}
	return nil
}

// lookup is common to both designs.
func lookup(m map[string]timed, clock bool, key string) (int, bool) {
	if m == nil {
		return 0, true
	}
	e, ok := m[key]
	if clock {
		ok = ok && time.Since(base) < e.deadline
	}
	return e.value, ok
}
