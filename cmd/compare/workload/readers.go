package workload

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

const (
	readerKeys = 1000
	yieldEvery = 16 // reads
)

// readers measures one writer concurrently with readers that never pause.
//
//   - read is the time per read of all readers together;
//   - write is the mean time of a write, from when it was due until it returned,
//     and "write p99" and "write max" are quantiles of the same.
//
// At full rate a write is due when the last one has returned; at a fixed rate it is
// due at fixed times, whether or not the last one has returned.
func readers(p Plan) []Cell {
	var cells []Cell
	for _, rate := range choose(p, []int{0}, []int{0, 10_000}) {
		for _, n := range choose(p, []int{8}, []int{1, 8, 64}) {
			x := oneWriter{readers: n, rate: rate, slice: 20 * time.Millisecond}
			cells = append(cells, Cell{
				Workload: "readers",
				Params:   []result.Param{param("rate", x.rateName()), param("readers", n)},
				Baseline: "rwmap",
				Cost:     x.slice,
				Open:     x.open,
			})
		}
	}
	return cells
}

// oneWriter is the parameters of a cell.
type oneWriter struct {
	readers int
	rate    int // of the writer, per second; 0: as fast as it can
	slice   time.Duration
}

func (x oneWriter) rateName() any {
	if x.rate == 0 {
		return "full"
	}
	return x.rate
}

func (x oneWriter) open(c implementation.Implementation) (Trial, error) {
	s, err := c.Small(implementation.Options{TTL: ttl, Interval: time.Minute})
	if err != nil {
		return Trial{}, err
	}
	fill(s, keys(readerKeys), 0)
	return Trial{Run: func() []Sample { return x.run(s) }, Close: func() { closeStore(s) }}, nil
}

// run measures one round. The readers stop after the writer, and the time per read
// includes that.
func (x oneWriter) run(s implementation.Store[int]) []Sample {
	var wg sync.WaitGroup
	var stop atomic.Bool
	var reads atomic.Int64
	names := keys(readerKeys)
	begin := make(chan struct{})
	for reader := range x.readers {
		wg.Go(func() {
			<-begin
			reads.Add(int64(readUntil(&stop, s, names, reader*37)))
		})
	}
	start := time.Now()
	close(begin)
	w := x.write(s, names, start)
	stop.Store(true)
	wg.Wait()
	took := time.Since(start)
	return []Sample{
		{"read", "ns/op", float64(took) / float64(max(1, reads.Load()))},
		{"write", "ns/op", float64(w.total) / float64(w.TotalCount())},
		{"write p99", "us", w.at(99)},
		{"write max", "us", w.at(100)},
	}
}

// readUntil returns the number of its reads. It yields the processor now and then:
// otherwise each goroutine would run for 10 ms before the next, and the times would
// be those of Go's scheduler.
func readUntil(stop *atomic.Bool, s implementation.Store[int], names []string, from int) (n int) {
	for ; !stop.Load(); n++ {
		s.Get(names[(from+n)%len(names)])
		if n%yieldEvery == yieldEvery-1 {
			runtime.Gosched()
		}
	}
	return n
}

// written is the latency of writes.
type written struct {
	latencies
	total time.Duration
}

// write writes for a slice.
func (x oneWriter) write(s implementation.Store[int], names []string, start time.Time) written {
	w := written{latencies: newLatencies()}
	due := start
	for i := 0; ; i++ {
		for x.rate > 0 && time.Now().Before(due) {
			runtime.Gosched()
		}
		s.Set(names[i%len(names)], i, ttl)
		end := time.Now()
		w.record(end.Sub(due))
		w.total += end.Sub(due)
		if end.Sub(start) >= x.slice {
			return w
		}
		if due = end; x.rate > 0 {
			due = start.Add(time.Duration(i+1) * time.Second / time.Duration(x.rate))
		}
	}
}
