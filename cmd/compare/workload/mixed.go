package workload

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// A mix is the parameters of a mixed cell. Reads is a percentage.
type mix struct {
	reads, callers, keys int
	dist                 string
	value                int
}

// mixed measures Get and Set. It does not combine every parameter with every other:
// it varies reads and callers together, with few keys; then the number of keys
// and their distribution; then the size of the values.
func mixed(p Plan) []Cell {
	var mixes []mix
	for _, reads := range choose(p, []int{90, 0}, []int{100, 90, 50, 0}) {
		for _, callers := range choose(p, []int{1, 8}, []int{1, 2, 8, 64}) {
			mixes = append(mixes, mix{reads, callers, 1000, "uniform", 8})
		}
	}
	for _, keys := range choose(p, []int{100_000}, []int{1000, 100_000, 1_000_000}) {
		for _, dist := range choose(p, []string{"zipf"}, []string{"uniform", "zipf"}) {
			if m := (mix{90, 8, keys, dist, 8}); keys > 1000 || dist == "zipf" {
				mixes = append(mixes, m)
			}
		}
	}
	for _, reads := range choose(p, nil, []int{90, 0}) {
		mixes = append(mixes, mix{reads, 8, 1000, "uniform", 1024})
	}
	var cells []Cell
	for _, m := range mixes {
		cells = append(cells, m.cell(p))
	}
	return cells
}

// Mixed returns one cell of Get and Set, which need not be among the workload's own.
// Dist is the distribution of keys, uniform or zipf.
func Mixed(p Plan, reads, callers, keys int, dist string) Cell {
	return mix{reads, callers, keys, dist, 8}.cell(p)
}

func (m mix) cell(p Plan) Cell {
	var t trace
	return Cell{
		Workload: "mixed",
		Params: []result.Param{param("reads", m.reads), param("callers", m.callers), param("keys", m.keys),
			param("dist", m.dist), param("value", m.value)},
		Baseline: "rwmap",
		Cost:     p.slice() + time.Duration(m.keys)*50, // filling the store, spread over the rounds
		Open: func(c implementation.Implementation) (Trial, error) {
			if t == nil {
				t = newTrace(m.dist, m.keys, p.Seed)
			}
			if m.value == 8 {
				return mixedTrial(c.Small, m, t, p.slice())
			}
			return mixedTrial(c.Large, m, t, p.slice())
		},
	}
}

func mixedTrial[V any](open func(implementation.Options) (implementation.Store[V], error), m mix, t trace, slice time.Duration) (Trial, error) {
	s, err := open(implementation.Options{TTL: ttl, Interval: time.Minute})
	if err != nil {
		return Trial{}, err
	}
	var value V
	all := keys(m.keys)
	fill(s, all, value)
	loop := &closedLoop{callers: m.callers, slice: slice}
	run := func() []Sample {
		var missed atomic.Int64
		samples := loop.run(func(caller, ops int) {
			misses := 0
			at := caller * (traceLen / m.callers)
			for i := range ops {
				key := all[t[(at+i)&(traceLen-1)]]
				if isRead(i, m.reads) {
					if _, ok := s.Get(key); !ok {
						misses++
					}
				} else {
					s.Set(key, value, ttl)
				}
			}
			missed.Add(int64(misses))
		})
		return append(samples, Sample{"misses", "%", 100 * float64(missed.Load()) / float64(loop.ops)})
	}
	return Trial{Run: run, Close: func() { closeStore(s) }}, nil
}

// isRead reports whether call i is a read. It spreads the reads evenly: 61 and 100
// have no common factor.
func isRead(i, percent int) bool { return i*61%100 < percent }

// A closedLoop is a number of callers that each make the next call when the last
// one has returned.
type closedLoop struct {
	callers int
	slice   time.Duration
	ops     int // per round, of all callers; calibrated in the first round
}

// run measures one round: body(caller, n) makes n calls. The first round, which
// does not count, also finds how many calls fill the slice.
func (l *closedLoop) run(body func(caller, ops int)) []Sample {
	if l.ops == 0 {
		for l.ops = l.callers * 16; ; l.ops *= 2 {
			if took := l.time(body); took >= l.slice/2 {
				l.ops = max(l.callers, int(float64(l.ops)*float64(l.slice)/float64(took)))
				l.ops -= l.ops % l.callers
				break
			}
		}
	}
	before := readUsage()
	took := l.time(body)
	return append([]Sample{{"time", "ns/op", float64(took) / float64(l.ops)}}, readUsage().since(before, l.ops)...)
}

func (l *closedLoop) time(body func(caller, ops int)) time.Duration {
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for c := range l.callers {
		wg.Go(func() {
			<-begin
			body(c, l.ops/l.callers)
		})
	}
	start := time.Now()
	close(begin)
	wg.Wait()
	return time.Since(start)
}
