// Package config holds what the options of lastmodstore set and the engines read.
package config

import (
	"fmt"
	"time"
)

// Config is a store's settings. The zero value is an unbounded store.
type Config struct {
	MaxEntries     int // 0: unbounded
	RejectWhenFull bool
	CountReads     bool
	RemovalLog     int // records
}

// New applies opts to the default settings.
func New[F ~func(*Config)](opts []F) Config {
	c := Config{RemovalLog: 1024}
	for _, apply := range opts {
		apply(&c)
	}
	return c
}

// CheckInterval panics if a cleanup interval is negative.
func CheckInterval(d time.Duration) {
	if d < 0 {
		panic(fmt.Sprintf("lastmodstore: negative cleanup interval %v; use 0 for no background cleanup", d))
	}
}
