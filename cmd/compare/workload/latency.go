package workload

import (
	"runtime"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/lastmodstore/lastmodstore/cmd/compare/contestant"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

const (
	latencyKeys  = 1000
	latencyReads = 90
)

// latency makes calls at fixed times, whether or not the last one has returned,
// and counts each from the time it was due. A store that stalls is charged for
// every call that would have come meanwhile: no coordinated omission (Gil Tene,
// "How NOT to Measure Latency", 2013).
func latency(p Plan) []Cell {
	var cells []Cell
	dying := choose(p, []int{50_000}, []int{200_000})[0]
	for _, rate := range choose(p, []int{50_000}, []int{20_000, 200_000}) {
		for _, sweep := range choose(p, []string{"yes"}, []string{"no", "yes"}) {
			l := openLoop{rate: rate, window: 250 * time.Millisecond}
			if sweep == "yes" {
				l.dying = dying
			}
			cells = append(cells, Cell{
				Workload: "latency",
				Params:   []result.Param{param("rate", rate), param("sweep", sweep)},
				Baseline: "rwmap",
				Rounds:   choose(p, []int{2}, []int{3})[0],
				Cost:     l.window + l.storing(),
				Open:     l.open,
			})
		}
	}
	return cells
}

type openLoop struct {
	rate   int // calls a second
	window time.Duration
	dying  int // entries that expire in the middle of a turn, and are swept
}

// storing is how long storing what dies may take.
func (l openLoop) storing() time.Duration { return time.Duration(l.dying) * 2500 }

func (l openLoop) open(c contestant.Contestant) (Trial, error) {
	s, err := c.Small(contestant.Options{TTL: ttl, Interval: sweepInterval / 2, OwnTTLs: l.dying > 0})
	if err != nil {
		return Trial{}, err
	}
	fill(s, keys(latencyKeys), 0)
	return Trial{func() []Sample { return l.run(s) }, func() { closeStore(s) }}, nil
}

// run is one caller: it computes while it waits for a call's time, since a timer
// is late by more than most calls last, so that another would take the processor
// that a store's own goroutines need.
func (l openLoop) run(s contestant.Store[int]) []Sample {
	l.prepareSweep(s)
	h := hdrhistogram.New(1, int64(time.Minute), 3)
	all := keys(latencyKeys)
	gap := time.Second / time.Duration(l.rate)
	start := time.Now()
	for i := range int(l.window / gap) {
		due := start.Add(gap * time.Duration(i))
		for time.Now().Before(due) {
		}
		key := all[i*31%latencyKeys]
		if isRead(i, latencyReads) {
			s.Get(key)
		} else {
			s.Set(key, i, ttl)
		}
		h.RecordValue(max(1, int64(time.Since(due))))
	}
	at := func(quantile float64) float64 { return float64(h.ValueAtQuantile(quantile)) / 1000 }
	return []Sample{{"p50", "us", at(50)}, {"p99", "us", at(99)}, {"p99.9", "us", at(99.9)}, {"max", "us", at(100)}}
}

// prepareSweep stores what will expire in the middle of the window.
func (l openLoop) prepareSweep(s contestant.Store[int]) {
	names := keys(latencyKeys + l.dying)[latencyKeys:]
	start := time.Now()
	for i, k := range names {
		s.Set(k, i, max(time.Millisecond, l.storing()+l.window/2-time.Since(start)))
	}
	settle(s)
	runtime.GC()
	time.Sleep(time.Until(start.Add(l.storing())))
}
