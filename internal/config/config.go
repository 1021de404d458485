// Package config holds what the options of lastmodstore set and the engines read.
package config

import (
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// Config is a store's settings. The zero value is an unbounded store.
type Config struct {
	MaxEntries     int // 0: unbounded
	RejectWhenFull bool
	CountReads     bool
	RemovalLog     int  // records
	RetainRemovals bool // from the start; otherwise from the first Watch

	Line *timeline.Timeline // for tests; nil: one that starts when the store is opened
}

// New applies opts to the default settings.
func New[F ~func(*Config)](opts []F) Config {
	c := Config{RemovalLog: 1024}
	for _, apply := range opts {
		apply(&c)
	}
	if c.Line == nil {
		c.Line = timeline.Start()
	}
	return c
}

// MinInterval is the shortest cleanup interval. Sweeps that follow each other
// more closely, of many stores, would leave callers no processor time.
const MinInterval = time.Millisecond

// Interval returns the cleanup interval that d asks for. It panics if d is
// negative.
func Interval(d time.Duration) time.Duration {
	if d < 0 {
		panic(fmt.Sprintf("lastmodstore: negative cleanup interval %v; use 0 for no background cleanup", d))
	}
	if d == 0 {
		return 0
	}
	return max(d, MinInterval)
}
