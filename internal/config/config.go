// Package config contains the settings of a store: the options of package lastmodstore
// set them, and the engines read them.
package config

import (
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// Config is the settings of a store. In the zero value, the capacity is unlimited.
type Config struct {
	MaxEntries     int // 0: unlimited
	MaxWeight      int // 0: unlimited
	Weigher        any // with MaxWeight, a func(key K, value V) int
	RejectWhenFull bool
	CountReads     bool
	RemovalLog     int  // maximum number of records
	RetainRemovals bool // log removals from the opening of the store, not only from the first Watch

	// The contents depend on nothing but the writes and their times, which Line gives: see
	// package table. It implies RetainRemovals.
	Deterministic bool

	Line *timeline.Timeline // nil: New starts one
}

// New returns the default settings, modified by opts.
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

// MinInterval is the shortest cleanup interval. With a shorter one, the sweeps of many
// stores would leave callers no processor time.
const MinInterval = time.Millisecond

// Interval returns the cleanup interval for d, the argument of an engine's New: 0 means
// no background cleanup, and a positive d is raised to MinInterval if it is shorter. It
// panics if d is negative.
func Interval(d time.Duration) time.Duration {
	if d < 0 {
		panic(fmt.Sprintf("lastmodstore: negative cleanup interval %v: use 0 for no background cleanup", d))
	}
	if d == 0 {
		return 0
	}
	return max(d, MinInterval)
}
