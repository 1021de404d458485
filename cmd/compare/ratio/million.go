package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/internal/deployment"
	"github.com/lastmodstore/lastmodstore/compare/ratio/figure"
	"github.com/lastmodstore/lastmodstore/mutexstore"
	"github.com/lastmodstore/lastmodstore/replicated"
)

const (
	entries   = 1_000_000
	batch     = 1000 // entries of one command that fills a store
	saveEvery = 2000 // commands
)

// million measures a store of many entries: its memory, opening from a snapshot, and how
// long writes pause while a snapshot is saved.
func million(rounds int) ([]figure.Figure, error) {
	rounds = (rounds + 2) / 3 // each takes seconds
	d, err := deployment.Start(1)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	fmt.Fprintln(os.Stderr, "filling stores with a million entries")
	s, name, memory, err := fill(d)
	if err != nil {
		return nil, err
	}
	pause, err := pauses(s, rounds)
	if err != nil {
		return nil, err
	}
	opening, err := openings(d, s, name, rounds)
	return []figure.Figure{opening, memory, pause}, err
}

// fill opens a store and fills it. The figure is its memory.
func fill(d *deployment.Deployment) (s *replicated.Store[string, int], name string, memory figure.Figure, err error) {
	own, err := localMemory()
	if err != nil {
		return nil, "", memory, err
	}
	before := heap()
	if s, name, err = d.OpenAtLeader(replicated.SaveEvery(saveEvery)); err == nil {
		err = fillMany(s.SetMany)
	}
	return s, name, figure.Ratio("replicated memory, 1,000,000 entries / mutexstore", (heap()-before)/1e6, own/1e6, "MB", 1.2), err
}

// pauses measures how long writes pause.
func pauses(s *replicated.Store[string, int], rounds int) (f figure.Figure, err error) {
	var longest, idle []float64
	for range rounds {
		during, other, err := longestPause(s)
		if err != nil {
			return f, err
		}
		longest, idle = append(longest, during), append(idle, other)
	}
	f = figure.Value("replicated: longest pause of writes while 1,000,000 entries are saved", slices.Max(longest), "ms", 50)
	f.Note = fmt.Sprintf("of %d rounds; median %.3g ms, %.3g ms while nothing is saved", rounds, figure.Median(longest), figure.Median(idle))
	return f, nil
}

// openings measures opening new nodes of s.
func openings(d *deployment.Deployment, s *replicated.Store[string, int], name string, rounds int) (f figure.Figure, err error) {
	if err := awaitTrimmed(d, s, name); err != nil {
		return f, err
	}
	var opened []float64
	for range rounds {
		took, err := openAgain(d, name)
		if err != nil {
			return f, err
		}
		opened = append(opened, took)
	}
	return figure.Value("replicated: opening from a snapshot, 1,000,000 entries", figure.Median(opened), "s", 2), nil
}

// heap returns the bytes that are reachable.
func heap() float64 {
	runtime.GC()
	runtime.GC() // frees what the first one only moved to a sync.Pool's victim cache
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// fillMany stores all entries, with keys of its own in each store.
func fillMany(set func(map[string]int, time.Duration) error) error {
	for i := 0; i < entries; i += batch {
		values := make(map[string]int, batch)
		for k := range batch {
			values[fmt.Sprintf("key-%08d", i+k)] = i + k
		}
		if err := set(values, deployment.TTL); err != nil {
			return err
		}
	}
	return nil
}

// localMemory returns the memory of a mutexstore.
func localMemory() (float64, error) {
	before := heap()
	s := mutexstore.New[string, int](time.Minute)
	defer s.Close()
	err := fillMany(s.SetMany)
	return heap() - before, err
}

// longestPause writes until the node has saved a snapshot and returns the longest time
// that a write took, in milliseconds, and the longest while no snapshot was saved.
func longestPause(s *replicated.Store[string, int]) (during, idle float64, err error) {
	before := s.Health().LastSnapshot
	var all []time.Duration
	for i := 0; s.Health().LastSnapshot == before; i++ {
		start := time.Now()
		if err := s.Set(fmt.Sprintf("key-%08d", i), i, deployment.TTL); err != nil {
			return 0, 0, err
		}
		all = append(all, time.Since(start))
	}
	if err := s.Health().SaveErr; err != nil {
		return 0, 0, err
	}
	early := all[:min(len(all), saveEvery/4)]
	return milliseconds(slices.Max(all)), milliseconds(slices.Max(early)), nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// awaitTrimmed returns when the log no longer begins with its first message, so that a
// new node needs a snapshot.
func awaitTrimmed(d *deployment.Deployment, s *replicated.Store[string, int], name string) error {
	js, err := d.Connect(0)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), deployment.Patience)
	defer cancel()
	for i := 0; ; i++ {
		stream, err := js.Stream(ctx, deployment.StreamOf(name))
		if err != nil {
			return err
		}
		if stream.CachedInfo().State.FirstSeq > 1 {
			return nil
		}
		for k := range batch {
			if err := s.Set(fmt.Sprintf("key-%08d", k), i, deployment.TTL); err != nil {
				return err
			}
		}
	}
}

// openAgain opens a new node and returns the seconds until it has all entries.
func openAgain(d *deployment.Deployment, name string) (float64, error) {
	start := time.Now()
	s, err := d.Open(0, name, replicated.SaveEvery(saveEvery))
	if err != nil {
		return 0, err
	}
	took := time.Since(start).Seconds()
	if s.Len() != entries {
		err = fmt.Errorf("%d entries instead of %d", s.Len(), entries)
	}
	return took, errors.Join(err, s.Close())
}
