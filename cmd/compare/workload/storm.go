package workload

import (
	"runtime"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

const sweepInterval = 100 * time.Millisecond

// A tempest is the size of a storm. Its deadline is doubled for an implementation
// that needs longer to store the entries.
type tempest struct {
	entries  int
	deadline time.Duration // of all entries, from the start
	patience time.Duration // the longest wait for an empty store, from the deadline
}

// storm measures entries that all expire at once.

func storm(p Plan) []Cell {
	t := choose(p, tempest{50_000, 250 * time.Millisecond, 400 * time.Millisecond}, tempest{1_000_000, 2 * time.Second, time.Second})
	return []Cell{{
		Workload: "storm",
		Params:   []result.Param{param("entries", t.entries)},
		Baseline: "rwmap",
		Rounds:   choose(p, 1, 2),
		Fresh:    true,
		Cost:     t.deadline*3/2 + t.patience,
		Open: func(c implementation.Implementation) (Trial, error) {
			if s, err := c.Small(t.options()); err != nil {
				return Trial{}, err
			} else {
				closeStore(s)
			}
			own := t
			return Trial{Run: func() []Sample { return own.run(c) }, Close: func() {}}, nil
		},
	}}
}

// collect returns how long a garbage collection takes.
func collect() time.Duration {
	start := time.Now()
	runtime.GC()
	return time.Since(start)
}

func (t *tempest) options() implementation.Options {
	return implementation.Options{TTL: t.deadline, Interval: sweepInterval}
}

func (t *tempest) run(c implementation.Implementation) []Sample {
	for {
		if samples, ok := t.try(c); ok {
			return samples
		}
		t.deadline *= 2
	}
}

// try stores entries that all expire at the same time, and reads while they do. In an
// implementation with one TTL for all entries they expire in the order they were
// stored, one after the other. It reports failure if some expired before all were
// stored.
func (t *tempest) try(c implementation.Implementation) (samples []Sample, ok bool) {
	all := keys(t.entries)
	before, alone := heap(), collect()
	own := t.options()
	own.OwnTTLs = true
	s, err := c.Small(own)
	if err != nil {
		s, _ = c.Small(t.options()) // it has one TTL for all; Open has tried these options
	}
	defer closeStore(s)
	start := time.Now()
	for i, k := range all {
		s.Set(k, i, max(time.Millisecond, t.deadline-time.Since(start)))
	}
	settle(s)
	collected := collect() - alone
	peak := heap() - before

	if time.Since(start) > t.deadline-sweepInterval {
		return nil, false
	}
	time.Sleep(time.Until(start.Add(t.deadline - sweepInterval)))
	longest, sum, n := time.Duration(0), time.Duration(0), 0
	counter, counts := s.(implementation.Counter)
	for end := start.Add(t.deadline + t.patience); ; n++ {
		called := time.Now()
		s.Get(all[n%len(all)])
		took := time.Since(called)
		longest, sum = max(longest, took), sum+took
		if called.After(end) || counts && n%1024 == 0 && counter.Len() == 0 {
			break
		}
	}
	left := heap() - before
	return []Sample{
		{"wait", "ms", float64(longest) / 1e6},
		{"entry", "B/entry", peak / float64(t.entries)},
		{"left", "% of peak", max(0, 100*left/peak)},
		{"gc", "ms", max(0, float64(collected)/1e6)},
	}, true
}
