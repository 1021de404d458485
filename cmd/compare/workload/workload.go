// Package workload defines what is measured: each workload is a list of cells, and
// a cell opens a trial for each implementation, which the runner runs once a round.
package workload

import (
	"fmt"
	"strings"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// A Workload is one row of the table.
type Workload struct {
	Name, About string
	Cells       func(Plan) []Cell
}

// A Plan is how much is to be measured.
type Plan struct {
	Quick bool
	Seed  uint64
}

// slice is how long one implementation runs at a time in a closed loop.
func (p Plan) slice() time.Duration { return 18 * time.Millisecond }

// choose returns all, or the quick ones if the plan is quick.
func choose[T any](p Plan, quick, all []T) []T {
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
	Rounds   int                             // at most so many; 0: as many as asked for
	Fresh    bool                            // each round starts from scratch: there is nothing to warm up
	Cost     time.Duration                   // about how long one implementation takes in a round
	// Open prepares an implementation's trial. An [implementation.Lack] leaves it out.
	Open func(implementation.Implementation) (Trial, error)
}

// Name is the cell's name, as in its result.
func (c Cell) Name() string { return result.Cell{Workload: c.Workload, Params: c.Params}.Name() }

// A Trial is an implementation in a cell.
type Trial struct {
	Run   func() []Sample // measures one round
	Close func()
}

// A Sample is what one round measured of one metric.
type Sample struct {
	Metric, Unit string
	Value        float64
}

// All is the table.
func All() []Workload {
	return []Workload{
		{"mixed", "reads and writes in a closed loop, one factor varied at a time", mixed},
		{"batch", "GetMany and SetMany, per key, and single calls", batch},
		{"storm", "a million entries expire at once: longest wait of a reader, memory, and what is given back", storm},
		{"churn", "a bounded store that is always full: time and hit ratio", churn},
		{"watchers", "what watchers of the change feed cost a writer", watchers},
		{"iterate", "reading all entries concurrently with a writer", iterate},
		{"latency", "calls at a fixed rate (open loop), with and without a sweep", latency},
		{"parts", "what an actor and a lock are made of, one part added at a time", parts},
	}
}

// Choose finds workloads by their names; none means all.
func Choose(names []string) ([]Workload, error) {
	if len(names) == 0 {
		return All(), nil
	}
	var chosen []Workload
	for _, name := range names {
		found := false
		for _, w := range All() {
			if w.Name == name {
				chosen, found = append(chosen, w), true
			}
		}
		if !found {
			return nil, fmt.Errorf("no workload is called %q; there are: %s", name, strings.Join(Names(), ", "))
		}
	}
	return chosen, nil
}

// Names are the names of all, in order.
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

// need returns s as what a workload uses beyond Get and Set, or the lack of it.
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
