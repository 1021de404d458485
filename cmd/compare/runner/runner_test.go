package runner_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
	"github.com/lastmodstore/lastmodstore/cmd/compare/runner"
	"github.com/lastmodstore/lastmodstore/cmd/compare/workload"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// A stage is a workload whose implementations only record their trials.
type stage struct {
	cells   []workload.Cell
	trials  []string
	closed  []string
	onTrial func(n int)
	wrongIn int // the trial from which the check of "wrong" fails
}

func (s *stage) open(c implementation.Implementation) (workload.Trial, error) {
	switch c.Name {
	case "lame":
		return workload.Trial{}, implementation.Lack("cannot walk")
	case "broken":
		return workload.Trial{}, errors.New("it broke")
	}
	n := 0.0
	run := func() []workload.Sample {
		n++
		s.trials = append(s.trials, c.Name)
		if s.onTrial != nil {
			s.onTrial(len(s.trials))
		}
		samples := []workload.Sample{{Metric: "time", Unit: "ns/op", Value: n}, {Metric: "misses", Unit: "%"}}
		if c.Name == "a" {
			samples[1].Value = 5
		}
		return samples
	}
	check := func() error {
		if c.Name == "wrong" && int(n) >= s.wrongIn {
			return errors.New("2 and 2 are 5")
		}
		return nil
	}
	return workload.Trial{Run: run, Check: check, Close: func() { s.closed = append(s.closed, c.Name) }}, nil
}

func (s *stage) runner(names ...string) *runner.Runner {
	u := &runner.Runner{
		Workloads: []workload.Workload{{Name: "stage", Cells: func(workload.Plan) []workload.Cell { return s.cells }}},
		Rounds:    5,
		Progress:  &quiet{},
	}
	for _, name := range names {
		u.Implementations = append(u.Implementations, implementation.Implementation{Implementation: result.Implementation{Name: name}})
	}
	return u
}

func (s *stage) cell(n int) workload.Cell {
	return workload.Cell{Workload: "stage", Params: []result.Param{{Name: "n", Value: fmt.Sprint(n)}}, Baseline: "b", Cost: time.Second, Open: s.open}
}

// quiet records the progress.
type quiet struct {
	total, done time.Duration
	steps       []string
}

func (q *quiet) Begin(total time.Duration) { q.total = total }
func (q *quiet) Step(what string)          { q.steps = append(q.steps, what) }
func (q *quiet) Advance(d time.Duration)   { q.done += d }
func (q *quiet) End()                      {}

func TestEachRoundMeasuresEachImplementationOnce(t *testing.T) {
	g := NewWithT(t)
	s := &stage{}
	s.cells = []workload.Cell{s.cell(1)}
	u := s.runner("a", "b", "c", "lame")
	var r result.Result
	g.Expect(u.Run(context.Background(), &r)).To(Succeed())
	g.Expect(s.trials).To(HaveLen(6*3), "five rounds and one to warm up")
	orders := map[string]bool{}
	for round := range slices.Chunk(s.trials, 3) {
		g.Expect(round).To(ConsistOf("a", "b", "c"), "each once a round")
		orders[fmt.Sprint(round)] = true
	}
	g.Expect(len(orders)).To(BeNumerically(">", 1), "in a new random order")
	g.Expect(r.Cells).To(HaveLen(1))
	row, _ := r.Cells[0].Row("a")
	m, _ := row.Metric("time")
	g.Expect(m.Samples).To(Equal([]float64{2, 3, 4, 5, 6}), "without the first, which warms up")
	_, has := row.Metric("misses")
	g.Expect(has).To(BeTrue())
	row, _ = r.Cells[0].Row("b")
	_, has = row.Metric("misses")
	g.Expect(has).To(BeFalse(), "it had none")
	g.Expect(r.LeftOut).To(Equal([]result.LeftOut{{Workload: "stage", Implementation: "lame", Reason: "cannot walk"}}))
	g.Expect(s.closed).To(ConsistOf("a", "b", "c"))
	q := u.Progress.(*quiet)
	g.Expect(q.done).To(Equal(q.total), "the progress is complete")
}

func TestTheBaselineThatWasNotChosenIsReplaced(t *testing.T) {
	g := NewWithT(t)
	s := &stage{}
	s.cells = []workload.Cell{s.cell(1)}
	var r result.Result
	g.Expect(s.runner("a", "c").Run(context.Background(), &r)).To(Succeed())
	g.Expect(r.Cells[0].Baseline).To(Equal("a"))
}

// A wrong result is not timed, and it is an error.
func TestAWrongResultIsLeftOutAndReported(t *testing.T) {
	for _, wrongIn := range []int{1, 2, 6} {
		g := NewWithT(t)
		s := &stage{wrongIn: wrongIn}
		s.cells = []workload.Cell{s.cell(1)}
		u := s.runner("a", "wrong", "b")
		var r result.Result
		err := u.Run(context.Background(), &r)
		g.Expect(err).To(MatchError(runner.ErrWrongResult))
		g.Expect(err).To(MatchError("wrong result: wrong in stage/n=1: 2 and 2 are 5"))
		g.Expect(r.LeftOut).To(Equal([]result.LeftOut{{Workload: "stage", Implementation: "wrong", Reason: "WRONG RESULT in stage/n=1: 2 and 2 are 5"}}))
		g.Expect(r.Cells).To(HaveLen(1))
		_, there := r.Cells[0].Row("wrong")
		g.Expect(there).To(BeFalse())
		row, _ := r.Cells[0].Row("a")
		g.Expect(row.Metrics[0].Samples).To(HaveLen(5))
		trials := slices.DeleteFunc(s.trials, func(name string) bool { return name != "wrong" })
		g.Expect(trials).To(HaveLen(wrongIn), "then it runs no more")
		g.Expect(s.closed).To(ConsistOf("a", "wrong", "b"))
		q := u.Progress.(*quiet)
		g.Expect(q.done).To(Equal(q.total))
	}
}

func TestACellOfWrongResultsAloneIsLeftOut(t *testing.T) {
	g := NewWithT(t)
	s := &stage{}
	s.cells = []workload.Cell{s.cell(1), s.cell(2)}
	var r result.Result
	err := s.runner("wrong").Run(context.Background(), &r)
	g.Expect(err).To(MatchError("wrong result: wrong in stage/n=1: 2 and 2 are 5\nwrong result: wrong in stage/n=2: 2 and 2 are 5"))
	g.Expect(r.Cells).To(BeEmpty())
	g.Expect(r.LeftOut).To(HaveLen(2))
}

func TestACellThatNoneCanDoIsSkippedWithTheReason(t *testing.T) {
	g := NewWithT(t)
	s := &stage{}
	s.cells = []workload.Cell{s.cell(1)}
	u := s.runner("lame")
	var r result.Result
	g.Expect(u.Run(context.Background(), &r)).To(Succeed())
	g.Expect(r.Cells).To(BeEmpty())
	g.Expect(r.LeftOut).To(Equal([]result.LeftOut{{Workload: "stage", Implementation: "lame", Reason: "cannot walk"}}))
	q := u.Progress.(*quiet)
	g.Expect(q.steps).To(Equal([]string{"1 of 1: stage/n=1", "skipped: lame cannot walk"}))
	g.Expect(q.done).To(Equal(q.total))
}

// An interrupted run keeps what is complete: whole cells, and of the one in
// progress its whole rounds, if there are at least three.
func TestInterrupted(t *testing.T) {
	for trials, want := range map[int][]int{
		0:           nil,
		3:           nil,    // the warm-up
		2 + 2*2:     nil,    // two rounds
		2 + 3*2 + 1: {3},    // three rounds and a trial
		12 + 5:      {5},    // the second cell's first round
		12 + 12:     {5, 5}, // all
	} {
		g := NewWithT(t)
		ctx, cancel := context.WithCancel(context.Background())
		s := &stage{onTrial: func(n int) {
			if n == trials {
				cancel()
			}
		}}
		if trials == 0 {
			cancel()
		}
		s.cells = []workload.Cell{s.cell(1), s.cell(2)}
		var r result.Result
		g.Expect(s.runner("a", "b").Run(ctx, &r)).To(Succeed())
		g.Expect(r.Interrupted).To(BeTrue())
		var rounds []int
		for _, c := range r.Cells {
			for _, row := range c.Rows {
				g.Expect(row.Metrics[0].Samples).To(HaveLen(len(c.Rows[0].Metrics[0].Samples)))
			}
			rounds = append(rounds, len(c.Rows[0].Metrics[0].Samples))
		}
		g.Expect(rounds).To(Equal(want), "after %d trials", trials)
		g.Expect(len(s.trials)).To(BeNumerically("<=", max(trials, 1)), "it stops after the trial in progress")
		cancel()
	}
}

func TestWhatBreaksEndsTheRun(t *testing.T) {
	g := NewWithT(t)
	s := &stage{}
	s.cells = []workload.Cell{s.cell(1)}
	var r result.Result
	g.Expect(s.runner("a", "broken").Run(context.Background(), &r)).To(MatchError("broken in stage/n=1: it broke"))
	g.Expect(s.closed).To(Equal([]string{"a"}))
}

// forgetful loses every other Set.
type forgetful struct {
	lastmodstore.Store[string, int]
	n atomic.Int32
}

func (f *forgetful) Set(key string, value int, ttl time.Duration) error {
	if f.n.Add(1)%2 == 0 {
		return nil
	}
	return f.Store.Set(key, value, ttl)
}

// An engine is checked before it is timed.
func TestAnEngineThatFailsItsCheckIsNotTimed(t *testing.T) {
	g := NewWithT(t)
	for _, wrong := range []bool{false, true} {
		s := &stage{}
		s.cells = []workload.Cell{s.cell(1)}
		u := s.runner("a", "b")
		u.Histories = 20
		u.Implementations[0].Check = func(interval time.Duration) lastmodstore.Store[string, int] {
			store := mutexstore.New[string, int](interval)
			if wrong {
				return &forgetful{Store: store}
			}
			return store
		}
		var r result.Result
		err := u.Run(context.Background(), &r)
		if !wrong {
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(r.Checks).To(Equal([]result.Check{{Implementation: "a", Histories: 20}}))
			continue
		}
		g.Expect(err).To(MatchError(ContainSubstring("a is not linearizable, so it is not timed")))
		g.Expect(s.trials).To(BeEmpty())
	}
}
