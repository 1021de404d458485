package compare

import (
	"fmt"
	"time"
)

// An Option changes what [Run] does.
type Option func(*runner)

// Skip leaves out the cases that enforce one of these sentences of
// docs/contract.md. To leave out single cases, use [Omit] or the flag -skip of go test.
func Skip(sentences ...int) Option {
	return func(r *runner) { r.skipped = append(r.skipped, sentences...) }
}

// Omit leaves out the cases whose names contain one of these texts, for example
// because they take too long with a slow engine.
func Omit(texts ...string) Option {
	return func(r *runner) { r.omitted = append(r.omitted, texts...) }
}

// Without leaves out the cases that need one of these capabilities.
func Without(missing ...Capability) Option {
	return func(r *runner) { r.missing = append(r.missing, missing...) }
}

// defaultLimit is the limit without [Limit].
const defaultLimit = time.Minute

// overall is how many limits a case may take in all, however much it progresses.
const overall = 30

// Limit sets the time limit of a case: a case fails if none of the calls that it
// counts has returned for d, or if it takes thirty times as long in all. The
// default is a minute, so that a machine that is slow is not taken for an engine
// that hangs. It panics if d is less than a second.
func Limit(d time.Duration) Option {
	if d < time.Second {
		panic(fmt.Sprintf("compare: Limit(%v): a limit must be at least a second", d))
	}
	return func(r *runner) { r.limit = d }
}

// Long runs the random cases at full length: minutes instead of seconds.
func Long() Option {
	return func(r *runner) { r.long = true }
}

// Pictures keeps, in dir, a picture of each history that is not linearizable.
func Pictures(dir string) Option {
	return func(r *runner) { r.pictures = dir }
}

// Isolated runs each case in a process of its own, which is the test's executable
// again. It costs some time for each case, and then nothing that the engine does
// disturbs another case: a panic on a goroutine of its own fails one case, and
// whatever hangs is killed. The test that calls [Run] is run in each process up to
// that call.
func Isolated() Option {
	return func(r *runner) { r.isolated = true }
}

// A Capability is a part of the contract that a partial engine may lack.
type Capability int

// The capabilities.
const (
	Capacity   Capability = iota + 1 // MaxEntries and RejectWhenFull
	Feed                             // Watch
	Listeners                        // OnRemove
	Merging                          // Merge
	Sweeping                         // background cleanup
	Batches                          // SetMany and GetMany as a single instant
	Counters                         // Stats
	Adding                           // Add
	Conditions                       // SetIfUnmodifiedSince, DeleteIfUnmodifiedSince and GetAndDelete
	Changes                          // ModifiedSince
	Turns                            // callers of Update of one key take turns
	Weights                          // MaxWeight
)

func (c Capability) String() string {
	switch c {
	case Capacity:
		return "Capacity"
	case Feed:
		return "Feed"
	case Listeners:
		return "Listeners"
	case Merging:
		return "Merging"
	case Sweeping:
		return "Sweeping"
	case Batches:
		return "Batches"
	case Counters:
		return "Counters"
	case Adding:
		return "Adding"
	case Conditions:
		return "Conditions"
	case Changes:
		return "Changes"
	case Turns:
		return "Turns"
	case Weights:
		return "Weights"
	}
	return fmt.Sprintf("Capability(%d)", int(c))
}
