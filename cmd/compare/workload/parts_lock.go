package workload

import (
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
)

var lockSteps = []step{
	{"lock", "RLock and RUnlock, and nothing between", func() implementation.Store[int] { return &locked{} }},
	{"lock + map", "and a look into a map", func() implementation.Store[int] { return &locked{m: map[string]timed{}} }},
	{"lock + map + clock", "and is it expired?", func() implementation.Store[int] { return &locked{m: map[string]timed{}, clock: true} }},
	engineStep("mutex"),
}

type timed struct {
	value    int
	deadline time.Duration // since base
}

var base = time.Now()

// locked is a lock with as much behind it as a step asks for.
type locked struct {
	mu    sync.RWMutex // guards m
	m     map[string]timed
	clock bool
}

func (l *locked) Get(key string) (int, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return look(l.m, l.clock, key)
}

func (l *locked) Set(key string, value int, ttl time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.m == nil {
		return missing()
	}
	l.m[key] = timed{value, time.Since(base) + ttl}
	return nil
}

// look is the part that both designs do alike.
func look(m map[string]timed, clock bool, key string) (int, bool) {
	if m == nil {
		return 0, true
	}
	e, ok := m[key]
	if clock {
		ok = ok && time.Since(base) < e.deadline
	}
	return e.value, ok
}
