package implementation

import (
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
	"github.com/lastmodstore/lastmodstore/compare/baseline"
)

func baselines() []Implementation {
	return []Implementation{
		{
			Implementation: result.Implementation{Name: "rwmap", Kind: "baseline", About: "a map behind a sync.RWMutex; a cleanup scans all of it"},
			Small:          openRWMap[int],
			Large:          openRWMap[Kilobyte],
		}, {
			Implementation: result.Implementation{Name: "textbook", Kind: "baseline", About: "the actor as it is usually written: a new reply channel for each call, a ticker in the select"},
			Small:          openTextbook[int],
			Large:          openTextbook[Kilobyte],
		}, {
			Implementation: result.Implementation{Name: "syncmap", Kind: "baseline", About: "a sync.Map of entries; a cleanup visits every entry"},
			Small:          openSyncMap[int],
			Large:          openSyncMap[Kilobyte],
		},
	}
}

// ShardedMap returns rwmap in n shards: the best that sharding can do for a lock.
// It has only Get and Set, so it is not part of All.
func ShardedMap(n int) Implementation {
	return Implementation{
		Implementation: result.Implementation{Name: fmt.Sprintf("rwmap x%d", n), Kind: "baseline", About: "maps, each behind a sync.RWMutex"},
		Small:          func(Options) (Store[int], error) { return baseline.NewShardedMap[int](n), nil },
		Large:          func(Options) (Store[Kilobyte], error) { return baseline.NewShardedMap[Kilobyte](n), nil },
	}
}

const noCapacity = Lack("has no capacity")

type rwmap[V any] struct {
	*baseline.RWMap[V]
	sweeper
}

func openRWMap[V any](o Options) (Store[V], error) {
	if o.MaxEntries > 0 {
		return nil, noCapacity
	}
	m := baseline.NewRWMap[V]()
	return rwmap[V]{m, sweep(m, o.Interval)}, nil
}

type syncmap[V any] struct {
	*baseline.SyncMap[V]
	sweeper
}

func openSyncMap[V any](o Options) (Store[V], error) {
	if o.MaxEntries > 0 {
		return nil, noCapacity
	}
	m := baseline.NewSyncMap[V]()
	return syncmap[V]{m, sweep(m, o.Interval)}, nil
}

type textbook[V any] struct{ *baseline.Textbook[V] }

func (t textbook[V]) Close() error {
	t.Textbook.Close()
	return nil
}

func openTextbook[V any](o Options) (Store[V], error) {
	if o.MaxEntries > 0 {
		return nil, noCapacity
	}
	interval := o.Interval
	if interval == 0 {
		interval = time.Hour
	}
	return textbook[V]{baseline.NewTextbook[V](interval)}, nil
}

// A sweeper cleans up a baseline that has no sweeps of its own.
type sweeper struct{ stop, stopped chan struct{} }

func sweep(s interface{ Cleanup() int }, interval time.Duration) sweeper {
	w := sweeper{make(chan struct{}), make(chan struct{})}
	if interval == 0 {
		close(w.stopped)
		return w
	}
	go func() {
		defer close(w.stopped)
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				s.Cleanup()
			case <-w.stop:
				return
			}
		}
	}()
	return w
}

// Close stops the sweeps.
func (w sweeper) Close() error {
	close(w.stop)
	<-w.stopped
	return nil
}
