package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/external"
	"github.com/lastmodstore/lastmodstore/cmd/compare/internal/deployment"
	"github.com/lastmodstore/lastmodstore/compare/ratio/figure"
	"github.com/lastmodstore/lastmodstore/replicated"
)

// leftOutIfMissing returns the line of a figure whose other side is not installed, and
// any other error as it is.
func leftOutIfMissing(name string, err error) ([]figure.Figure, error) {
	if errors.Is(err, external.ErrMissing) {
		return []figure.Figure{leftOut(name, err)}, nil
	}
	return nil, err
}

const (
	counting       = time.Second // in a round
	countingCaller = 16          // on each node
)

// replicatedCounter has three nodes add to one counter and shows whether one is left
// behind.
func replicatedCounter(rounds int) ([]figure.Figure, error) {
	fmt.Fprintln(os.Stderr, "three nodes add to one counter")
	d, err := deployment.Start(3)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	nodes, _, err := d.OpenNodes(deployment.NoSaving())
	if err != nil {
		return nil, err
	}
	var slowest, means []float64
	for range rounds {
		counts, err := count(nodes)
		if err != nil {
			return nil, err
		}
		slowest = append(slowest, slices.Min(counts))
		means = append(means, (counts[0]+counts[1]+counts[2])/3)
	}
	low, mean := figure.Median(slowest), figure.Median(means)
	f := figure.Ratio("replicated Add to one counter, 3 nodes, 16 callers each: mean / slowest node", mean, low, "/s", 2)
	f.Note = fmt.Sprintf("the slowest node's share is %.2f of the mean, at least 0.5", low/mean)
	return []figure.Figure{f}, nil
}

// count returns how often each node added in a round.
func count(nodes []*replicated.Store[string, int]) ([]float64, error) {
	counts := make([]atomic.Int64, len(nodes))
	errs := make(chan error, len(nodes)*countingCaller)
	var wg sync.WaitGroup
	end := time.Now().Add(counting)
	for i, s := range nodes {
		for range countingCaller {
			wg.Go(func() {
				for time.Now().Before(end) {
					if _, err := s.Add("counter", 1, 0); err != nil {
						errs <- err
						return
					}
					counts[i].Add(1)
				}
			})
		}
	}
	wg.Wait()
	close(errs)
	all := make([]float64, len(nodes))
	for i := range counts {
		all[i] = float64(counts[i].Load()) / counting.Seconds()
	}
	return all, <-errs
}

const (
	lagRate  = 5000 // writes per second
	lagRound = time.Second
)

// replicatedLag shows for how long another node is behind: from when a write returns
// until the other node has applied it.
func replicatedLag(rounds int) ([]figure.Figure, error) {
	fmt.Fprintln(os.Stderr, "lag of another node")
	d, err := deployment.Start(3)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	nodes, _, err := d.OpenNodes(deployment.NoSaving())
	if err != nil {
		return nil, err
	}
	var p50, p99 []float64
	for round := range rounds {
		lags, err := lag(nodes[0], nodes[1], round)
		if err != nil {
			return nil, err
		}
		p50 = append(p50, quantile(lags, 0.5))
		p99 = append(p99, quantile(lags, 0.99))
	}
	return []figure.Figure{
		figure.Value("replicated lag of another node, R3 file, 5,000 writes/s, p50", figure.Median(p50), "ms", 1),
		figure.Value("replicated lag of another node, R3 file, 5,000 writes/s, p99", figure.Median(p99), "ms", 10),
	}, nil
}

// quantile returns a quantile of sorted durations in milliseconds.
func quantile(sorted []time.Duration, q float64) float64 {
	return float64(sorted[int(q*float64(len(sorted)-1))]) / float64(time.Millisecond)
}

// lag writes at a fixed rate and returns the lags of all writes, sorted. Each write has
// a key of its own, so that the other node reports each.
func lag(from, to *replicated.Store[string, int], round int) ([]time.Duration, error) {
	writes := int(lagRate * lagRound / time.Second)
	prefix := fmt.Sprint("round-", round, "-")
	arrived := watchArrivals(to, prefix, writes)
	returned := make([]time.Time, writes)
	errs := make(chan error, writes)
	var wg sync.WaitGroup
	start := time.Now()
	for i := range writes {
		time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / lagRate)))
		wg.Go(func() {
			if err := from.Set(prefix+strconv.Itoa(i), i, deployment.TTL); err != nil {
				errs <- err
			}
			returned[i] = time.Now()
		})
	}
	wg.Wait()
	close(errs)
	if err := <-errs; err != nil {
		return nil, err
	}
	times := <-arrived
	if len(times) != writes {
		return nil, errors.New("the other node has not received every write")
	}
	lags := make([]time.Duration, writes)
	for i, at := range times {
		lags[i] = max(0, at.Sub(returned[i]))
	}
	slices.Sort(lags)
	return lags, nil
}

// watchArrivals returns a channel for the times at which s has applied each of n writes,
// by value; nil if that takes too long.
func watchArrivals(s *replicated.Store[string, int], prefix string, n int) <-chan []time.Time {
	arrived := make(chan []time.Time, 1)
	since := time.Now()
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), deployment.Patience)
		defer cancel()
		times, seen := make([]time.Time, n), 0
		for e := range s.Watch(ctx, since) {
			if len(e.Key) <= len(prefix) || e.Key[:len(prefix)] != prefix {
				continue
			}
			times[e.Entry.Value] = time.Now()
			if seen++; seen == n {
				arrived <- times
				return
			}
		}
		arrived <- nil
	}()
	return arrived
}
