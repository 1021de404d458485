package main

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore/compare/ratio/figure"
)

// A job is what one implementation does in a round.
type job struct {
	name string
	// run makes about n calls and returns how many.
	run func(n int) (int, error)
}

// slice is about how long a job runs in a round.
const slice = 200 * time.Millisecond

// alternate runs each job once a round and returns the median times of their calls, in
// nanoseconds. A first round, which does not count, finds how many calls fill a slice.
func alternate(title string, rounds int, jobs ...job) ([]float64, error) {
	fmt.Fprintln(os.Stderr, title)
	calls, samples := make([]int, len(jobs)), make([][]float64, len(jobs))
	for i, j := range jobs {
		var err error
		if calls[i], err = calibrate(j); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", title, j.name, err)
		}
	}
	for range rounds {
		for i, j := range jobs {
			took, n, err := timed(j, calls[i])
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", title, j.name, err)
			}
			samples[i] = append(samples[i], float64(took)/float64(n))
		}
	}
	medians := make([]float64, len(jobs))
	for i := range jobs {
		medians[i] = figure.Median(samples[i])
	}
	return medians, nil
}

func timed(j job, calls int) (time.Duration, int, error) {
	start := time.Now()
	n, err := j.run(calls)
	return time.Since(start), n, err
}

func calibrate(j job) (int, error) {
	for calls := 64; ; calls *= 4 {
		took, n, err := timed(j, calls)
		if err != nil {
			return 0, err
		}
		if took >= slice/4 {
			return max(1, int(float64(n)*float64(slice)/float64(took))), nil
		}
	}
}

// single returns a job of one caller.
func single(name string, call func(i int) error) job {
	return job{name, func(n int) (int, error) {
		for i := range n {
			if err := call(i); err != nil {
				return n, err
			}
		}
		return n, nil
	}}
}

// concurrent returns a job of concurrent callers.
func concurrent(name string, callers int, call func(i int) error) job {
	return job{name, func(n int) (int, error) {
		var wg sync.WaitGroup
		errs := make(chan error, callers)
		each := n/callers + 1
		for c := range callers {
			wg.Go(func() {
				for i := range each {
					if err := call(c*each + i); err != nil {
						errs <- err
						return
					}
				}
			})
		}
		wg.Wait()
		close(errs)
		return each * callers, <-errs
	}}
}
