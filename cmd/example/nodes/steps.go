package nodes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/replicated"
)

// followed is the number of writes whose way to the other nodes is measured.
const followed = 500

// follow writes on node 1 and measures when watchers of the others receive it.
func (d *demo) follow(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	began, err := d.stores[0].Add(d.prefix+"begin", 1, keyTTL) // its time is a position on every node
	if err != nil {
		return fmt.Errorf("writing on node 1: %w", err)
	}
	start := time.Now()
	lags, errs := make([][]time.Duration, nodes), make([]error, nodes)
	var wg sync.WaitGroup
	for i := 1; i < nodes; i++ {
		wg.Go(func() { lags[i], errs[i] = d.receive(ctx, i, began.LastModified, start) })
	}
	for n := range followed {
		if err := d.stores[0].Set(fmt.Sprint(d.prefix, "follow/", n), int(time.Since(start)), keyTTL); err != nil {
			errs[0] = fmt.Errorf("writing on node 1: %w", err)
			cancel()
			break
		}
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	all := slices.Sorted(slices.Values(slices.Concat(lags...)))
	d.say("follow:  %d writes on node 1 reached watchers of nodes 2 and 3; lag: median %v, p99 %v",
		followed, round(at(all, 0.5)), round(at(all, 0.99)))
	return nil
}

// receive returns how long each write took to reach a watcher of node i.
func (d *demo) receive(ctx context.Context, i int, since, start time.Time) (lags []time.Duration, err error) {
	if err := d.stores[i].Sync(ctx); err != nil { // so that since is in its past
		return nil, fmt.Errorf("node %d: %w", i+1, err)
	}
	for e := range d.stores[i].Watch(ctx, since) {
		if e.Kind == lastmodstore.Resync {
			return nil, fmt.Errorf("node %d no longer remembers what changed since %v", i+1, since)
		}
		if !strings.HasPrefix(e.Key, d.prefix+"follow/") {
			continue
		}
		if lags = append(lags, time.Since(start)-time.Duration(e.Entry.Value)); len(lags) == followed {
			return lags, nil
		}
	}
	return nil, fmt.Errorf("node %d received %d of %d writes", i+1, len(lags), followed)
}

// race lets all nodes create one key at the same time.
func (d *demo) race(context.Context) error {
	winners, present, errs := make([]bool, nodes), make([]int, nodes), make([]error, nodes)
	var wg sync.WaitGroup
	for i, s := range d.stores {
		wg.Go(func() {
			e, won, err := lastmodstore.SetIfAbsent(s, d.prefix+"race", i+1, keyTTL)
			winners[i], present[i], errs[i] = won, e.Value, err
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("creating a key: %w", err)
	}
	winner := slices.Index(winners, true)
	for i := range nodes {
		if winners[i] != (i == winner) || present[i] != winner+1 {
			return fmt.Errorf("several nodes created one key: won %v, present %v", winners, present)
		}
	}
	d.say("race:    all nodes tried to create one key; node %d did, and the others got its value", winner+1)
	return nil
}

// restart starts the killed server again.
func (d *demo) restart(ctx context.Context) error {
	if d.servers == nil {
		return nil
	}
	began := time.Now()
	if err := d.servers.RestartAll(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := d.servers.WaitReady(ctx); err != nil {
		return err
	}
	d.say("restart: the killed server runs again, after %v", round(time.Since(began)))
	return nil
}

// latecomer opens one more node.
func (d *demo) latecomer(ctx context.Context) error {
	began := time.Now()
	if err := d.openNode(ctx); err != nil {
		return err
	}
	d.say("join:    node 4 opened in %v, with all that was written before", round(time.Since(began)))
	return nil
}

// compare compares what this run has written, on all nodes.
func (d *demo) compare(ctx context.Context) error {
	first, err := d.state(ctx, d.stores[0])
	if err != nil {
		return err
	}
	for i, s := range d.stores[1:] {
		other, err := d.state(ctx, s)
		if err != nil {
			return fmt.Errorf("node %d: %w", i+2, err)
		}
		if !slices.Equal(first, other) {
			return fmt.Errorf("node %d holds %d entries that differ from the %d of node 1", i+2, len(other), len(first))
		}
	}
	d.say("compare: all %d nodes hold the same %d entries: values, times and order", len(d.stores), len(first))
	return nil
}

// state returns this run's entries in order of modification, as text.
func (d *demo) state(ctx context.Context, s *replicated.Store[string, int]) (all []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := s.Sync(ctx); err != nil {
		return nil, err
	}
	for key, e := range s.ModifiedSince(time.Time{}) {
		if strings.HasPrefix(key, d.prefix) {
			all = append(all, fmt.Sprint(key, e.Value, e.LastModified.UnixNano(), e.ExpiresAt.UnixNano()))
		}
	}
	return all, nil
}

// health prints how each node follows the log.
func (d *demo) health(context.Context) error {
	for i, s := range d.stores {
		h := s.Health()
		state := map[bool]string{true: "connected", false: "disconnected"}[h.Connected]
		d.say("health:  node %d at message %d of the log, %d behind, %s for %v", i+1, h.Position, h.Lag, state, round(time.Since(h.Since)))
	}
	return nil
}

// at returns the element of sorted at the given share of its length, or 0 if it is empty.
func at(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(share*float64(len(sorted)-1))]
}
