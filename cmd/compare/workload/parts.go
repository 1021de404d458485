package workload

import (
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// parts measures what an actor's and a lock's Get are made of. Each step has all
// that the one before has, and something more; the last of each is the engine.
func parts(p Plan) []Cell {
	var cells []Cell
	for _, callers := range choose(p, []int{1}, []int{1, 8, 64}) {
		for _, kind := range []string{"actor", "lock"} {
			steps := actorSteps
			if kind == "lock" {
				steps = lockSteps
			}
			cells = append(cells, Cell{
				Workload: "parts",
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

func asImplementations(kind string, steps []step) []implementation.Implementation {
	var all []implementation.Implementation
	for _, s := range steps {
		all = append(all, implementation.Implementation{
			Implementation: result.Implementation{Name: s.name, Kind: "part of " + kind, About: s.about},
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
	return Trial{run, func() { closeStore(s) }}, nil
}

// missing is the error of Set of a step that has no table.
func missing() error { return fmt.Errorf("this part stores nothing") }
