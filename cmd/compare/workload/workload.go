// Package workload defines what is measured. A workload is a list of cells; a cell
// opens a trial for each implementation, and the runner runs each trial once a round.
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
	OnRequest   bool // not measured unless it is named
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
		{Name: "mixed", About: "reads and writes in a closed loop, one factor varied at a time", Cells: mixed},
		{Name: "batch", About: "GetMany and SetMany, per key, and single calls", Cells: batch},
		{Name: "update", About: "atomic read-modify-write of one hot key and of many; lost updates are an error", Cells: update},
		{Name: "readers", About: "one writer, and readers that never pause: reads and writes apart", Cells: readers},
		{Name: "storm", About: "a million entries expire at once: longest wait of a reader, memory, and how much is returned", Cells: storm},
		{Name: "churn", About: "a store that is always at its capacity: time and hit ratio", Cells: churn},
		{Name: "watchers", About: "what watchers of the change feed cost a writer", Cells: watchers},
		{Name: "iterate", About: "reading all entries concurrently with a writer", Cells: iterate},
		{Name: "latency", About: "reads and writes at a fixed rate (open loop), with and without a sweep", Cells: latency},
		{Name: Parts, About: "what an actor and a lock consist of, one part added at a time; -engines does not choose them", Cells: parts},
		{Name: Replicated, About: "replicated stores next to bare messages, NATS KV, Redis and etcd, over servers that are started; measured only if -workloads names it; -engines does not choose them", Cells: replicatedCells, OnRequest: true},
	}
}

// Choose returns the workloads with the given names; no names mean all that are not
// measured on request alone.
func Choose(names []string) ([]Workload, error) {
	positions, err := implementation.Find("workload", names, Names())
	var chosen []Workload
	for _, i := range positions {
		if w := All()[i]; len(names) > 0 || !w.OnRequest {
			chosen = append(chosen, w)
		}
	}
	return chosen, err
}

// HasOwn reports whether the workload of that name measures implementations of its own,
// whichever are chosen.
func HasOwn(name string) bool { return name == Parts || name == Replicated }

// OwnOf returns the workload that alone measures i, or "" if -engines can choose i.
func OwnOf(i result.Implementation) string {
	switch {
	case strings.HasPrefix(i.Kind, partOf):
		return Parts
	case i.Kind == Replicated:
		return Replicated
	}
	return ""
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
