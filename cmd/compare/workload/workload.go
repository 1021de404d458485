// Package workload defines what is measured. A workload is a list of cells; a cell
// opens a trial for each implementation, and the runner runs each trial once a round.
package workload

import (
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// A Workload is one row of the table.
type Workload struct {
	Name, About string
	Cells       func(Plan) []Cell
}

// A Plan says how much to measure.
type Plan struct {
	Quick bool
	Seed  uint64
}

// slice returns how long one implementation runs at a time in a closed loop.
func (p Plan) slice() time.Duration { return 16 * time.Millisecond }

// choose returns quick if the plan is quick, and all otherwise.
func choose[T any](p Plan, quick, all T) T {
	if p.Quick {
		return quick
	}
	return all
}

// A Cell is one choice of parameters.
type Cell struct {
	Workload string
	Params   []result.Param
	Baseline string
	Own      []implementation.Implementation // take part instead of the chosen ones
	Rounds   int                             // the most; 0: as many as requested
	Fresh    bool                            // each round starts from scratch, so there is nothing to warm up
	Cost     time.Duration                   // about how long one implementation takes in a round
	// Open prepares an implementation's trial. An [implementation.Lack] leaves the
	// implementation out.
	Open func(implementation.Implementation) (Trial, error)
}

// Name returns the cell's name, as in its result.
func (c Cell) Name() string { return result.Cell{Workload: c.Workload, Params: c.Params}.Name() }

// A Trial is an implementation in a cell.
type Trial struct {
	Run   func() []Sample // measures one round
	Check func() error    // if not nil, returns what was wrong in the rounds so far
	Close func()
}

// A Sample is what one round measured of one metric.
type Sample struct {
	Metric, Unit string
	Value        float64
}

// All returns the table.
func All() []Workload {
	return []Workload{
		{"mixed", "reads and writes in a closed loop, one factor varied at a time", mixed},
		{"batch", "GetMany and SetMany, per key, and single calls", batch},
		{"update", "atomic read-modify-write of one hot key and of many; lost updates are an error", update},
		{"readers", "one writer, and readers that never pause: reads and writes apart", readers},
		{"storm", "a million entries expire at once: longest wait of a reader, memory, and how much is returned", storm},
		{"churn", "a store that is always at its capacity: time and hit ratio", churn},
		{"watchers", "what watchers of the change feed cost a writer", watchers},
		{"iterate", "reading all entries concurrently with a writer", iterate},
		{"latency", "reads and writes at a fixed rate (open loop), with and without a sweep", latency},
		{Parts, "what an actor and a lock consist of, one part added at a time; -engines does not choose them", parts},
	}
}

// Choose returns the workloads with the given names; no names mean all.
func Choose(names []string) ([]Workload, error) {
	positions, err := implementation.Find("workload", names, Names())
	var chosen []Workload
	for _, i := range positions {
		chosen = append(chosen, All()[i])
	}
	return chosen, err
}

// Names returns all names, in order.
func Names() []string {
	var names []string
	for _, w := range All() {
		names = append(names, w.Name)
	}
	return names
}

func param(name string, value any) result.Param {
	return result.Param{Name: name, Value: fmt.Sprint(value)}
}

// need returns s as an interface that a workload uses beyond Get and Set. If s does
// not implement it, need closes s and returns the lack.
func need[T any](s any, lack implementation.Lack) (T, error) {
	t, ok := s.(T)
	if !ok {
		closeStore(s)
		return t, lack
	}
	return t, nil
}

func closeStore(s any) {
	if c, ok := s.(implementation.Closer); ok {
		c.Close()
	}
}

func settle(s any) {
	if w, ok := s.(implementation.Settler); ok {
		w.Settle()
	}
}
