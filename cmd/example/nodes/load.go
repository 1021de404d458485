package nodes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore/replicated"
)

const (
	callers      = 4 // on each node
	readInterval = time.Millisecond
)

// A record is what the callers of the load have seen.
type record struct {
	mu    sync.Mutex // guards the fields below
	waits []time.Duration
	acked [nodes]int
	last  time.Time     // of an acknowledgement
	gap   time.Duration // the longest time without one
	reads []time.Duration
}

func (r *record) written(node int, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	r.waits = append(r.waits, wait)
	r.acked[node]++
	r.gap, r.last = max(r.gap, now.Sub(r.last)), now
}

func (r *record) read(took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reads = append(r.reads, took)
}

func (r *record) acknowledged() [nodes]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.acked
}

// load lets callers on all nodes add to one counter, while the leader is killed. The
// counter must be the number of acknowledged additions.
func (d *demo) load(parent context.Context) error {
	r := &record{last: time.Now()}
	ctx, stop := context.WithCancelCause(parent)
	defer stop(nil)
	var writers sync.WaitGroup
	for i, s := range d.stores {
		for range callers {
			writers.Go(func() { d.write(ctx, stop, r, i, s) })
		}
		writers.Go(func() { d.read(ctx, r, s) })
	}
	err := d.disturb(ctx, r)
	failed := ctx.Err() != nil
	cause := context.Cause(ctx)
	stop(nil)
	writers.Wait()
	switch {
	case failed:
		return cause
	case err != nil:
		return err
	}
	d.report(r)
	return d.check(parent, len(r.waits))
}

// write adds to the counter until ctx ends. An error ends the load.
func (d *demo) write(ctx context.Context, stop context.CancelCauseFunc, r *record, i int, s *replicated.Store[string, int]) {
	for ctx.Err() == nil {
		began := time.Now()
		if _, err := s.Add(d.prefix+"count", 1, keyTTL); err != nil {
			stop(fmt.Errorf("adding on node %d: %w", i+1, err))
			return
		}
		r.written(i, time.Since(began))
	}
}

// read reads the counter, at intervals, until ctx ends.
func (d *demo) read(ctx context.Context, r *record, s *replicated.Store[string, int]) {
	tick := time.NewTicker(readInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			began := time.Now()
			s.Get(d.prefix + "count")
			r.read(time.Since(began))
		case <-ctx.Done():
			return
		}
	}
}

// disturb kills the leader in the middle of the load, and returns when all nodes have
// written for a while again. On servers of others it only waits.
func (d *demo) disturb(ctx context.Context, r *record) error {
	if d.servers == nil {
		return pause(ctx, d.c.Duration)
	}
	if err := pause(ctx, d.c.Duration/2); err != nil {
		return err
	}
	leader, err := d.servers.Leader(ctx, d.contexts[0], "lastmodstore-"+ownName)
	if err != nil {
		return err
	}
	d.servers.Kill(leader)
	d.say("kill:    server %d, the leader of the log, killed (SIGKILL) while %d callers on each node write", leader+1, callers)
	before := r.acknowledged()
	for !resumed(before, r.acknowledged()) {
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	return pause(ctx, d.c.Duration/2)
}

// resumed reports whether a write has been acknowledged on each node that began after
// before: there are more than callers that were in progress.
func resumed(before, after [nodes]int) bool {
	for i := range before {
		if after[i] <= before[i]+callers {
			return false
		}
	}
	return true
}

func (d *demo) report(r *record) {
	slices.Sort(r.waits)
	slices.Sort(r.reads)
	d.say("writes:  %d acknowledged; wait: median %v, p99 %v, longest %v; longest time without one: %v",
		len(r.waits), round(at(r.waits, 0.5)), round(at(r.waits, 0.99)), round(at(r.waits, 1)), round(r.gap))
	d.say("reads:   %d meanwhile, none waited for the log: median %v, longest %v",
		len(r.reads), round(at(r.reads, 0.5)), round(at(r.reads, 1)))
}

// check expects the counter on every node to be the number of acknowledged additions.
func (d *demo) check(ctx context.Context, acknowledged int) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	var errs []error
	for i, s := range d.stores {
		if err := s.Sync(ctx); err != nil {
			errs = append(errs, fmt.Errorf("node %d: %w", i+1, err))
			continue
		}
		if count, _ := s.Get(d.prefix + "count"); count != acknowledged {
			errs = append(errs, fmt.Errorf("node %d: the counter is %d after %d acknowledged additions", i+1, count, acknowledged))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	d.say("count:   %d on every node: nothing lost, nothing counted twice", acknowledged)
	return nil
}

// pause waits for t, or returns the cause of ctx's end.
func pause(ctx context.Context, t time.Duration) error {
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
