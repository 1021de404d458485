// Package runner measures implementations in alternating rounds and collects the samples.
package runner

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
	"github.com/lastmodstore/lastmodstore/cmd/compare/workload"
	"github.com/lastmodstore/lastmodstore/compare/linear"
)

// A Runner is one run. Histories is how many the check before the timing
// records of each engine; 0 means no check.
type Runner struct {
	Implementations []implementation.Implementation
	Workloads       []workload.Workload
	Plan            workload.Plan
	Rounds          int
	Histories       int
	Progress        Progress
}

// Progress is notified of how far the run is.
type Progress interface {
	Begin(total time.Duration) // as it is estimated
	Step(what string)          // begins now
	Advance(d time.Duration)   // of the total, is done
	End()
}

// minRounds is how many rounds an interrupted cell must have to be kept.
const minRounds = 3

const checkCost = 20 * time.Millisecond // of a history

// Run checks, then measures, into r. When ctx ends it stops after the trial in
// progress and keeps what is complete. An error means that an engine failed its
// check: then nothing was timed.
func (u *Runner) Run(ctx context.Context, r *result.Result) error {
	cells := u.cells()
	u.Progress.Begin(u.estimate(cells))
	defer u.Progress.End()
	for _, c := range u.Implementations {
		r.Implementations = append(r.Implementations, c.Implementation)
		if c.Check == nil || u.Histories == 0 {
			continue
		}
		u.Progress.Step("check of " + c.Name)
		for seed := range u.Histories {
			if ctx.Err() != nil {
				r.Interrupted = true
				return nil
			}
			if err := linear.Check(c.Check, u.Plan.Seed+uint64(seed)); err != nil {
				return fmt.Errorf("%s is not linearizable, so it is not timed: %w", c.Name, err)
			}
			u.Progress.Advance(checkCost)
		}
		r.Checks = append(r.Checks, result.Check{Implementation: c.Name, Histories: u.Histories})
	}
	for i, c := range cells {
		u.Progress.Step(fmt.Sprintf("%d of %d: %s", i+1, len(cells), c.Name()))
		if err := u.measure(ctx, c, r); err != nil {
			return err
		}
		if ctx.Err() != nil {
			r.Interrupted = true
			return nil
		}
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

// warmUp is how many rounds do not count.
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

// A seat is an implementation that takes part in a cell.
type seat struct {
	result.Row
	workload.Trial
}

// measure runs one cell and adds it to r.
func (u *Runner) measure(ctx context.Context, c workload.Cell, r *result.Result) error {
	var seats []*seat
	defer func() {
		for _, s := range seats {
			s.Close()
		}
	}()
	for _, im := range u.implementations(c) {
		trial, err := c.Open(im)
		var lack implementation.Lack
		if errors.As(err, &lack) {
			leaveOut(r, result.LeftOut{Workload: c.Workload, Implementation: im.Name, Reason: string(lack)})
			u.Progress.Advance(u.cost(c))
			continue
		}
		if err != nil {
			return fmt.Errorf("%s in %s: %w", im.Name, c.Name(), err)
		}
		if c.Own != nil && !slices.Contains(r.Implementations, im.Implementation) {
			r.Implementations = append(r.Implementations, im.Implementation)
		}
		seats = append(seats, &seat{result.Row{Implementation: im.Name}, trial})
		if ctx.Err() != nil {
			return nil
		}
	}
	rounds := u.runRounds(ctx, c, seats)
	if len(seats) == 0 || rounds < min(minRounds, u.rounds(c)) {
		return nil
	}
	r.Cells = append(r.Cells, asCell(c, seats, rounds))
	return nil
}

// runRounds returns the number of complete rounds, without the warm-up. Each round
// has an order of its own.
func (u *Runner) runRounds(ctx context.Context, c workload.Cell, seats []*seat) int {
	order := rand.New(rand.NewPCG(u.Plan.Seed, uint64(len(seats))))
	for round := -warmUp(c); round < u.rounds(c); round++ {
		for _, i := range order.Perm(len(seats)) {
			if ctx.Err() != nil {
				return round
			}
			samples := seats[i].Run()
			if round >= 0 {
				seats[i].add(samples)
			}
			u.Progress.Advance(c.Cost)
		}
	}
	return u.rounds(c)
}

func (s *seat) add(samples []workload.Sample) {
	for i, x := range samples {
		if i == len(s.Metrics) {
			s.Metrics = append(s.Metrics, result.Metric{Name: x.Metric, Unit: x.Unit})
		}
		s.Metrics[i].Samples = append(s.Metrics[i].Samples, x.Value)
	}
}

// asCell keeps the complete rounds. All keys were stored, so misses are
// reported only for implementations that had some.
func asCell(c workload.Cell, seats []*seat, rounds int) result.Cell {
	cell := result.Cell{Workload: c.Workload, Params: c.Params, Baseline: c.Baseline}
	for _, s := range seats {
		row := result.Row{Implementation: s.Implementation}
		for _, m := range s.Metrics {
			m.Samples = m.Samples[:rounds]
			if m.Name != "misses" || slices.Max(m.Samples) > 0 {
				row.Metrics = append(row.Metrics, m)
			}
		}
		cell.Rows = append(cell.Rows, row)
	}
	if _, ok := cell.Row(cell.Baseline); !ok {
		cell.Baseline = cell.Rows[0].Implementation // it was not chosen
	}
	return cell
}

// leaveOut notes a reason once.
func leaveOut(r *result.Result, l result.LeftOut) {
	if !slices.Contains(r.LeftOut, l) {
		r.LeftOut = append(r.LeftOut, l)
	}
}
