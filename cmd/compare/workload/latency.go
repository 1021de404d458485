package workload

import (
	"runtime"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

const (
	latencyKeys  = 1000
	latencyReads = 90
)

// latency makes calls at fixed times, whether or not the last one has returned,
// and times each from when it was due. A store that stalls is charged for every
// call that was due meanwhile: no coordinated omission (Gil Tene, "How NOT to
// Measure Latency", 2013). Reads and writes are reported separately.
func latency(p Plan) []Cell {
	var cells []Cell
	expiring := choose(p, 50_000, 200_000)
	for _, rate := range choose(p, []int{50_000}, []int{20_000, 200_000}) {
		for _, sweep := range choose(p, []bool{true}, []bool{false, true}) {
			if sweep {
				cells = append(cells, Latency(p, rate, expiring))
			} else {
				cells = append(cells, Latency(p, rate, 0))
			}
		}
	}
	return cells
}

// Latency returns one cell of calls at rate per second, while expiring entries
// expire and are swept.
func Latency(p Plan, rate, expiring int) Cell {
	window := choose(p, 150*time.Millisecond, 250*time.Millisecond)
	l := openLoop{rate: rate, window: window, expiring: expiring}
	sweep := "no"
	if expiring > 0 {
		sweep = "yes"
	}
	return Cell{
		Workload: "latency",
		Params:   []result.Param{param("rate", rate), param("sweep", sweep)},
		Baseline: "rwmap",
		Rounds:   choose(p, 2, 3),
		Cost:     l.window + l.storing(),
		Open:     l.open,
	}
}

// An openLoop is one caller that makes calls at a fixed rate.
type openLoop struct {
	rate     int // calls per second
	window   time.Duration
	expiring int // entries that expire and are swept in the middle of the window
}

// storing returns how long it may take to store the entries that expire.
func (l openLoop) storing() time.Duration { return time.Duration(l.expiring) * 2 * time.Microsecond }

func (l openLoop) open(c implementation.Implementation) (Trial, error) {
	s, err := c.Small(implementation.Options{TTL: ttl, Interval: sweepInterval / 2, OwnTTLs: l.expiring > 0})
	if err != nil {
		return Trial{}, err
	}
	fill(s, keys(latencyKeys), 0)
	return Trial{Run: func() []Sample { return l.run(s) }, Close: func() { closeStore(s) }}, nil
}

// run measures one window.
//
// The caller polls the clock until a call is due: a timer would be late by up to a
// millisecond, more than most calls take. The price is a core: with two of them
// the store's goroutines, a sweep and the garbage collector share the other one,
// and whatever preempts the caller is charged to the store. The system may also
// preempt the process in favour of other processes, which is not the store's fault:
// the number of preemptions is reported.
func (l openLoop) run(s implementation.Store[int]) []Sample {
	l.prepareSweep(s)
	reads, writes := newLatencies(), newLatencies()
	names := keys(latencyKeys)
	gap := time.Second / time.Duration(l.rate)
	preempted := preemptions()
	start := time.Now()
	for i := range int(l.window / gap) {
		due := start.Add(gap * time.Duration(i))
		for time.Now().Before(due) {
		}
		key := names[i*31%latencyKeys]
		if isRead(i, latencyReads) {
			s.Get(key)
			reads.record(time.Since(due))
		} else {
			s.Set(key, i, ttl)
			writes.record(time.Since(due))
		}
	}
	preempted = preemptions() - preempted
	all := append(reads.samples("read"), writes.samples("write")...)
	return append(all, Sample{"preempted", "times", float64(preempted)})
}

// latencies is the distribution of the latency of one kind of call.
type latencies struct{ *hdrhistogram.Histogram }

func newLatencies() latencies { return latencies{hdrhistogram.New(1, int64(time.Minute), 3)} }

func (l latencies) record(d time.Duration) { l.RecordValue(max(1, int64(d))) }

// at returns a percentile, in microseconds.
func (l latencies) at(percentile float64) float64 {
	return float64(l.ValueAtQuantile(percentile)) / 1000
}

func (l latencies) samples(call string) []Sample {
	return []Sample{
		{call + " p50", "us", l.at(50)},
		{call + " p99", "us", l.at(99)},
		{call + " p99.9", "us", l.at(99.9)},
		{call + " max", "us", l.at(100)},
	}
}

// prepareSweep stores the entries that expire in the middle of the window.
func (l openLoop) prepareSweep(s implementation.Store[int]) {
	names := keys(latencyKeys + l.expiring)[latencyKeys:]
	start := time.Now()
	for i, k := range names {
		s.Set(k, i, max(time.Millisecond, l.storing()+l.window/2-time.Since(start)))
	}
	settle(s)
	runtime.GC()
	time.Sleep(time.Until(start.Add(l.storing())))
}
