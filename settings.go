package lastmodstore

import "github.com/lastmodstore/lastmodstore/internal/config"

// Settings are what options ask for. They are for authors of engines: an engine's
// New passes its options to [ApplyOptions].
type Settings struct {
	MaxEntries     int  // the capacity; 0: none
	MaxWeight      int  // the capacity by weight; 0: none
	Weigher        any  // the func(key K, value V) int of MaxWeight, or nil
	RejectWhenFull bool // return ErrFull instead of evicting
	CountReads     bool // count hits and misses
	RemovalLog     int  // how many removals the change feed remembers
	RetainRemovals bool // from the opening of the store; otherwise from the first Watch
}

// ApplyOptions returns what opts ask for. A later option overrides an earlier one.
func ApplyOptions(opts ...Option) Settings {
	c := config.New(opts)
	return Settings{
		MaxEntries:     c.MaxEntries,
		MaxWeight:      c.MaxWeight,
		Weigher:        c.Weigher,
		RejectWhenFull: c.RejectWhenFull,
		CountReads:     c.CountReads,
		RemovalLog:     c.RemovalLog,
		RetainRemovals: c.RetainRemovals,
	}
}
