// Command soak uses each engine for a long time from 64 goroutines at once:
// churn with deadlines, capacities, sweeps and loops. It prints a line a second, and
// checks at the end that nothing was lost, retained or left running. make soak runs
// it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"go.uber.org/goleak"

	"github.com/lastmodstore/lastmodstore/compare"
	"github.com/lastmodstore/lastmodstore/compare/engines"
)

func main() {
	flags := flag.NewFlagSet("soak", flag.ExitOnError) // the packages imported have flags of their own
	duration := flags.Duration("duration", 2*time.Minute, "how long, over all engines")
	flags.Parse(os.Args[1:])
	if flags.NArg() > 0 || *duration < time.Second {
		fmt.Fprintln(os.Stderr, "soak: takes no arguments but -duration D with D at least 1s")
		os.Exit(2)
	}
	engines := engines.All()
	for _, e := range engines {
		if err := soak(e, *duration/time.Duration(len(engines))); err != nil {
			fmt.Fprintf(os.Stderr, "soak: %s: %v\n", e.Name, err)
			os.Exit(1)
		}
	}
}

// soak uses two stores of e, one of them with a capacity, and returns what is wrong
// with them at the end.
func soak(e compare.Engine, duration time.Duration) error {
	running, heap := goleak.IgnoreCurrent(), heapMB()
	r := newRun(e)
	err := r.churn(e.Name, duration)
	err = errors.Join(err, r.settle(), r.close())
	err = errors.Join(err, goleak.Find(running))
	r = nil
	if now := heapMB(); now > heap+2 {
		err = errors.Join(err, fmt.Errorf("%.1f MB of heap instead of %.1f", now, heap))
	}
	return err
}

func heapMB() float64 {
	runtime.GC()
	runtime.GC() // what a sync.Pool held survives the first
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}
