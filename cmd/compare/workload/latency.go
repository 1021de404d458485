package workload

import (
	"runtime"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/lastmodstore/lastmodstore/cmd/compare/contestant"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

const (
	latencyCallers = 2
	latencyKeys    = 1000
	latencyReads   = 90
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
			l := openLoop{rate: rate, window: 300 * time.Millisecond}
			if sweep == "yes" {
				l.dying = dying
			}
			cells = append(cells, Cell{
				Workload: "latency",
				Params:   []result.Param{param("rate", rate), param("sweep", sweep)},
				Baseline: "rwmap",
				Rounds:   choose(p, []int{2}, []int{5})[0],
				Cost:     l.window + l.storing(),
				Open:     l.open,
			})
		}
	}
	return cells
}

type openLoop struct {
	rate   int // calls a second, of all callers
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

func (l openLoop) run(s contestant.Store[int]) []Sample {
	l.prepareSweep(s)
	all := hdrhistogram.New(1, int64(time.Minute), 3)
	var mu sync.Mutex
	var wg sync.WaitGroup
	start := time.Now().Add(time.Millisecond)
	for c := range latencyCallers {
		wg.Go(func() {
			h := l.call(s, start, c)
			mu.Lock()
			defer mu.Unlock()
			all.Merge(h)
		})
	}
	wg.Wait()
	us := func(ns int64) float64 { return float64(ns) / 1000 }
	return []Sample{
		{"p50", "us", us(all.ValueAtQuantile(50))},
		{"p99", "us", us(all.ValueAtQuantile(99))},
		{"p99.9", "us", us(all.ValueAtQuantile(99.9))},
		{"max", "us", us(all.Max())},
	}
}

// call is one caller's calls. Between them it lets others run instead of
// sleeping: a timer is late by more than most calls last.
func (l openLoop) call(s contestant.Store[int], start time.Time, caller int) *hdrhistogram.Histogram {
	h := hdrhistogram.New(1, int64(time.Minute), 3)
	all := keys(latencyKeys)
	gap := time.Second * latencyCallers / time.Duration(l.rate)
	first := start.Add(gap * time.Duration(caller) / latencyCallers)
	for i := range int(l.window / gap) {
		due := first.Add(gap * time.Duration(i))
		for time.Now().Before(due) {
			runtime.Gosched()
		}
		key := all[(i*31+caller)%latencyKeys]
		if isRead(i, latencyReads) {
			s.Get(key)
		} else {
			s.Set(key, i, ttl)
		}
		h.RecordValue(max(1, int64(time.Since(due))))
	}
	return h
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
