package runner

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
	"github.com/lastmodstore/lastmodstore/cmd/compare/workload"
)

// A participant is an implementation that takes part in a cell.
type participant struct {
	result.Row
	workload.Trial
	wrong error // from Check; then it no longer runs
}

// measure runs one cell and adds it to r.
func (u *Runner) measure(ctx context.Context, c workload.Cell, r *result.Result) error {
	all, err := u.open(ctx, c, r)
	defer func() {
		for _, p := range all {
			p.Close()
		}
	}()
	if err != nil || ctx.Err() != nil || len(all) == 0 {
		return err
	}
	rounds := u.runRounds(ctx, c, all)
	right := u.withoutWrong(c, all, r)
	if len(right) > 0 && rounds >= min(minRounds, u.rounds(c)) {
		r.Cells = append(r.Cells, asCell(c, right, rounds))
	}
	return nil
}

// open opens the trials of a cell. It notes in r which implementations cannot take part.
func (u *Runner) open(ctx context.Context, c workload.Cell, r *result.Result) ([]*participant, error) {
	var all []*participant
	var lacks []string
	for _, im := range u.implementations(c) {
		trial, err := c.Open(im)
		var lack implementation.Lack
		switch {
		case errors.As(err, &lack):
			leaveOut(r, result.LeftOut{Workload: c.Workload, Implementation: im.Name, Reason: string(lack)})
			lacks = append(lacks, im.Name+" "+string(lack))
			u.Progress.Advance(u.cost(c))
			continue
		case err != nil:
			return all, fmt.Errorf("%s in %s: %w", im.Name, c.Name(), err)
		}
		if c.Own != nil && !slices.Contains(r.Implementations, im.Implementation) {
			r.Implementations = append(r.Implementations, im.Implementation)
		}
		all = append(all, &participant{Row: result.Row{Implementation: im.Name}, Trial: trial})
		if ctx.Err() != nil {
			return all, nil
		}
	}
	if len(all) == 0 {
		u.Progress.Step("skipped: " + strings.Join(lacks, "; "))
	}
	return all, nil
}

// runRounds returns the number of complete rounds, without the warm-up. Each round
// has an order of its own.
func (u *Runner) runRounds(ctx context.Context, c workload.Cell, all []*participant) int {
	order := rand.New(rand.NewPCG(u.Plan.Seed, uint64(len(all))))
	for round := -warmUp(c); round < u.rounds(c); round++ {
		for _, i := range order.Perm(len(all)) {
			if ctx.Err() != nil {
				return max(0, round)
			}
			all[i].run(round >= 0)
			u.Progress.Advance(c.Cost)
		}
	}
	return u.rounds(c)
}

// run measures and checks one round, unless an earlier one was wrong.
func (p *participant) run(counts bool) {
	if p.wrong != nil {
		return
	}
	samples := p.Run()
	if p.Check != nil {
		p.wrong = p.Check()
	}
	if counts {
		p.add(samples)
	}
}

func (p *participant) add(samples []workload.Sample) {
	for i, x := range samples {
		if i == len(p.Metrics) {
			p.Metrics = append(p.Metrics, result.Metric{Name: x.Metric, Unit: x.Unit})
		}
		p.Metrics[i].Samples = append(p.Metrics[i].Samples, x.Value)
	}
}

// withoutWrong returns the participants whose results were right. The times of the
// others are worth nothing: they are left out, and Run returns the error.
func (u *Runner) withoutWrong(c workload.Cell, all []*participant, r *result.Result) []*participant {
	var right []*participant
	for _, p := range all {
		if p.wrong == nil {
			right = append(right, p)
			continue
		}
		reason := fmt.Sprintf("WRONG RESULT in %s: %v", c.Name(), p.wrong)
		leaveOut(r, result.LeftOut{Workload: c.Workload, Implementation: p.Implementation, Reason: reason})
		u.wrong = append(u.wrong, fmt.Errorf("%w: %s in %s: %w", ErrWrongResult, p.Implementation, c.Name(), p.wrong))
	}
	return right
}

// asCell keeps the complete rounds. Misses are kept only for implementations that
// had some, since all keys were stored.
func asCell(c workload.Cell, all []*participant, rounds int) result.Cell {
	cell := result.Cell{Workload: c.Workload, Params: c.Params, Baseline: c.Baseline}
	for _, p := range all {
		row := result.Row{Implementation: p.Implementation}
		for _, m := range p.Metrics {
			m.Samples = m.Samples[:rounds]
			if m.Name != "misses" || slices.Max(m.Samples) > 0 {
				row.Metrics = append(row.Metrics, m)
			}
		}
		cell.Rows = append(cell.Rows, row)
	}
	if _, ok := cell.Row(cell.Baseline); !ok {
		cell.Baseline = cell.Rows[0].Implementation // the cell's own is not there
	}
	return cell
}

// leaveOut notes each reason once.
func leaveOut(r *result.Result, l result.LeftOut) {
	if !slices.Contains(r.LeftOut, l) {
		r.LeftOut = append(r.LeftOut, l)
	}
}
