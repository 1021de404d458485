package workload

import (
	"errors"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// Parts is the name of the workload that measures implementations of its own,
// whichever are chosen.
const Parts = "parts"

// parts measures what a Get of an actor and of a lock consists of. Each step adds
// something to the one before it; the last one is the engine itself.
func parts(p Plan) []Cell {
	var cells []Cell
	for _, callers := range choose(p, []int{1}, []int{1, 8, 64}) {
		for _, kind := range []string{"actor", "lock"} {
			steps := actorSteps
			if kind == "lock" {
				steps = lockSteps
			}
			cells = append(cells, Cell{
				Workload: Parts,
				Params:   []result.Param{param("of", kind), param("callers", callers)},
				Baseline: steps[0].name,
				Own:      asImplementations(kind, steps),
				Cost:     p.slice(),
				Open: func(c implementation.Implementation) (Trial, error) {
					return partTrial(c, &closedLoop{callers: callers, slice: p.slice()})
				},
			})
		}
	}
	return cells
}

// A step is a design on the way to an engine.
type step struct {
	name, about string
	open        func() implementation.Store[int]
}

// partOf begins the kind of an implementation that is a step.
const partOf = "part of "

func asImplementations(kind string, steps []step) []implementation.Implementation {
	var all []implementation.Implementation
	for _, s := range steps {
		all = append(all, implementation.Implementation{
			Implementation: result.Implementation{Name: s.name, Kind: partOf + kind, About: s.about},
			Small:          func(implementation.Options) (implementation.Store[int], error) { return s.open(), nil },
		})
	}
	return all
}

func engineStep(name string) step {
	return step{name, "the engine itself", func() implementation.Store[int] {
		all, err := implementation.Choose([]string{name})
		if err != nil {
			panic(err)
		}
		s, _ := all[0].Small(implementation.Options{Interval: time.Minute})
		return s
	}}
}

func partTrial(c implementation.Implementation, loop *closedLoop) (Trial, error) {
	s, err := c.Small(implementation.Options{})
	if err != nil {
		return Trial{}, err
	}
	all := keys(1000)
	fill(s, all, 0)
	run := func() []Sample {
		return loop.run(func(caller, ops int) {
			for i := range ops {
				s.Get(all[(caller*37+i)%len(all)])
			}
		})[:1]
	}
	return Trial{Run: run, Close: func() { closeStore(s) }}, nil
}

// errNoTable is returned by Set of a step that has no table.
var errNoTable = errors.New("this part stores nothing")
