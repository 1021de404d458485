// Package turn lets package lastmodstore make the sweeps of its shards follow
// one another, so that they keep others waiting no longer than one store's do.
package turn

// A Turn is what one has while one sweeps, and others who share it wait for.
type Turn chan struct{}

// New is a turn for one to take at a time.
func New() Turn { return make(Turn, 1) }

// A Taker is an engine that can be made to take t before each sweep of its own
// accord.
type Taker interface{ SweepInTurn(t Turn) }
