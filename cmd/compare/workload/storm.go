package workload

import (
	"runtime"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/contestant"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

const sweepInterval = 100 * time.Millisecond

// A tempest is the size of a storm.
type tempest struct {
	entries  int
	deadline time.Duration // of all, from the start: long enough to store them
	patience time.Duration // for the store to be empty, from the deadline
}

func storm(p Plan) []Cell {
	t := choose(p, []tempest{{50_000, 300 * time.Millisecond, 400 * time.Millisecond}}, []tempest{{1_000_000, 4500 * time.Millisecond, 1500 * time.Millisecond}})[0]
	return []Cell{{
		Workload: "storm",
		Params:   []result.Param{param("entries", t.entries)},
		Baseline: "rwmap",
		Rounds:   choose(p, []int{1}, []int{2})[0],
		Fresh:    true,
		Cost:     t.deadline + t.patience,
		Open: func(c contestant.Contestant) (Trial, error) {
			o := contestant.Options{TTL: t.deadline, Interval: sweepInterval}
			if s, err := c.Small(o); err != nil {
				return Trial{}, err
			} else {
				closeStore(s)
			}
			return Trial{func() []Sample { return t.run(c, o) }, func() {}}, nil
		},
	}}
}

// run stores entries that all expire at one time, and reads while they do.
// Where all have one TTL they expire as they were stored, one after the other.
func (t tempest) run(c contestant.Contestant, o contestant.Options) []Sample {
	all := keys(t.entries)
	before := heap()
	own := o
	own.OwnTTLs = true
	s, err := c.Small(own)
	if err != nil {
		s, _ = c.Small(o) // has one TTL; Open has tried this one
	}
	defer closeStore(s)
	start := time.Now()
	for i, k := range all {
		s.Set(k, i, max(time.Millisecond, t.deadline-time.Since(start)))
	}
	settle(s)
	collecting := time.Now()
	runtime.GC()
	collected := time.Since(collecting)
	peak := heap() - before

	if late := time.Since(start) - (t.deadline - sweepInterval); late > 0 {
		t.deadline *= 2 // some expired before all were there: that was no storm
		return t.run(c, o)
	}
	time.Sleep(time.Until(start.Add(t.deadline - sweepInterval)))
	longest, sum, n := time.Duration(0), time.Duration(0), 0
	counter, counts := s.(contestant.Counter)
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
		{"gc", "ms", float64(collected) / 1e6},
	}
}
