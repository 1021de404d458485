package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/lastmodstore/lastmodstore/compare/baseline"
	"github.com/lastmodstore/lastmodstore/compare/engines"
	"github.com/lastmodstore/lastmodstore/compare/ratio/figure"
)

// footprint is what a million entries cost.
type footprint struct {
	peak, left float64 // bytes of heap, with all of them and after they have been swept
	gc         float64 // nanoseconds of a collection while all are held
}

// measureFootprint counts the keys, but not a slice that lists them.
func measureFootprint(s cleaner, rounds int) footprint {
	before := heap()
	expired := fillExpiring(s, million, func(i int) string { return fmt.Sprintf("key-%08d", i) })
	var f footprint
	f.peak = heap() - before
	var cycles []float64
	for range rounds {
		cycles = append(cycles, timed(1, runtime.GC))
	}
	f.gc = figure.Median(cycles)
	time.Sleep(time.Until(expired) + time.Millisecond)
	s.Cleanup()
	f.left = heap() - before
	return f
}

func heap() float64 {
	runtime.GC()
	runtime.GC() // what the first one only moved out of pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// memory measures what a million entries occupy, what is left after they have been
// swept, and what they cost the garbage collector.
func memory(rounds int) []figure.Figure {
	rounds = max(rounds, 9) // a collection takes little time
	rwmap := measureFootprint(baseline.NewRWMap[int](), rounds)
	var figures []figure.Figure
	for _, e := range engines.All() {
		s := e.Strings(0)
		f := measureFootprint(s, rounds)
		s.Close()
		figures = append(figures,
			figure.Value(e.Name+" bytes per entry", f.peak/million, "B", 128).Versus(1.02),
			figure.Ratio(e.Name+" heap after the sweep / peak", f.left/1e6, f.peak/1e6, "MB", 0.15),
			figure.Ratio(e.Name+" GC cycle with 1,000,000 entries / rwmap", f.gc/1e6, rwmap.gc/1e6, "ms", figure.NoGoal).Versus(1.1))
	}
	return figures
}
