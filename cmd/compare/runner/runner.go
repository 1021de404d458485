// Package runner measures implementations in alternating rounds and collects the samples.
package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
	"github.com/lastmodstore/lastmodstore/cmd/compare/workload"
	"github.com/lastmodstore/lastmodstore/compare/linear"
)

// A Runner is one run.
type Runner struct {
	Implementations []implementation.Implementation
	Workloads       []workload.Workload
	Plan            workload.Plan
	Rounds          int
	Histories       int // of each engine, for the check before the timing; 0: no check
	Progress        Progress

	wrong []error // each is an ErrWrongResult
}

// Progress is notified of how far the run is.
type Progress interface {
	Begin(total time.Duration) // an estimate
	Step(what string)          // begins now
	Advance(d time.Duration)   // so much of the total is done
	End()
}

// ErrWrongResult is wrapped by the error of [Runner.Run] if an implementation
// computed something wrong while it was measured.
var ErrWrongResult = errors.New("wrong result")

// minRounds is how many rounds an interrupted cell needs in order to be kept.
const minRounds = 3

const checkCost = 20 * time.Millisecond // of a history

// Run checks the engines, then measures, into r. When ctx ends it stops after the
// trial in progress and keeps what is complete. If an engine fails its check,
// nothing is timed. With [ErrWrongResult] the result is complete except for the
// implementations and cells that the error names.
func (u *Runner) Run(ctx context.Context, r *result.Result) error {
	cells := u.cells()
	u.Progress.Begin(u.estimate(cells))
	defer u.Progress.End()
	if err := u.check(ctx, r); err != nil {
		return err
	}
	for i, c := range cells {
		if ctx.Err() != nil {
			break
		}
		u.Progress.Step(fmt.Sprintf("%d of %d: %s", i+1, len(cells), c.Name()))
		if err := u.measure(ctx, c, r); err != nil {
			return err
		}
	}
	r.Interrupted = ctx.Err() != nil
	return errors.Join(u.wrong...)
}

// check checks the engines.
func (u *Runner) check(ctx context.Context, r *result.Result) error {
	for _, c := range u.Implementations {
		r.Implementations = append(r.Implementations, c.Implementation)
	}
	for _, c := range u.Implementations {
		if c.Check == nil || u.Histories == 0 {
			continue
		}
		u.Progress.Step("check of " + c.Name)
		for seed := range u.Histories {
			if ctx.Err() != nil {
				return nil
			}
			if err := linear.Check(c.Check, u.Plan.Seed+uint64(seed), linear.Options{}); err != nil {
				return fmt.Errorf("%s is not linearizable, so it is not timed: %w", c.Name, err)
			}
			u.Progress.Advance(checkCost)
		}
		r.Checks = append(r.Checks, result.Check{Implementation: c.Name, Histories: u.Histories})
	}
	return nil
}

func (u *Runner) cells() []workload.Cell {
	var all []workload.Cell
	for _, w := range u.Workloads {
		all = append(all, w.Cells(u.Plan)...)
	}
	return all
}

func (u *Runner) implementations(c workload.Cell) []implementation.Implementation {
	if c.Own != nil {
		return c.Own
	}
	return u.Implementations
}

func (u *Runner) rounds(c workload.Cell) int {
	if c.Rounds > 0 {
		return min(c.Rounds, u.Rounds)
	}
	return u.Rounds
}

// warmUp returns how many rounds do not count.
func warmUp(c workload.Cell) int {
	if c.Fresh {
		return 0
	}
	return 1
}

func (u *Runner) cost(c workload.Cell) time.Duration {
	return time.Duration(u.rounds(c)+warmUp(c)) * c.Cost
}

func (u *Runner) estimate(cells []workload.Cell) time.Duration {
	var total time.Duration
	for _, c := range u.Implementations {
		if c.Check != nil {
			total += time.Duration(u.Histories) * checkCost
		}
	}
	for _, c := range cells {
		total += u.cost(c) * time.Duration(len(u.implementations(c)))
	}
	return total
}
