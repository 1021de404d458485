package engine

import "github.com/lastmodstore/lastmodstore/internal/table"

// A Replica is the view of an engine that package replicated uses: a store that is opened
// with config.Deterministic, on a replayed timeline. One goroutine, which applies a log,
// calls all methods that write and advances the timeline before each of them. Other
// goroutines read.
type Replica[K comparable, V any] interface {
	Shard[K, V]

	// Hash returns the hash of key that the methods of Shard take.
	Hash(key K) uint64

	// OrderKeys sets the order in which keys expire that have equal deadlines and times
	// of modification. Compare returns 0 only for equal keys. OrderKeys is called once,
	// before the first write.
	OrderKeys(compare func(a, b K) int)

	// SweepStep removes the entries that have expired by the timeline's Tick, the
	// earliest first, and at most limit. It returns how many it removed and whether
	// there may be more.
	SweepStep(limit int) (removed int, more bool)

	// NextDeadline returns a lower bound of the earliest deadline, or timeline.Never if
	// no entry expires. If it has passed, an entry has expired, unless very many were
	// renewed; the next call then returns a better bound.
	NextDeadline() int64

	// Capture makes c a copy of all that determines what the store will do, or returns
	// false if c has too little memory for that.
	Capture(c *table.Capture[K, V]) bool

	// Restore replaces everything in the store with what m contains. Listeners are not
	// called. Watchers continue from their positions, or receive Resync if m does not
	// remember what they have missed. On a closed store, Restore does nothing.
	Restore(m table.Image[K, V])
}
