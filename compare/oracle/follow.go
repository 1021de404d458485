package oracle

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// A follower knows of a store only what its feed yields.
type follower[K comparable] struct {
	s       lastmodstore.Store[K, int]
	at      time.Time // where to resume
	known   map[K]lastmodstore.Entry[int]
	resyncs int
	behind  bool // CaughtUp has not been received since the loop began or the last Resync
	wrong   []string
}

func (d *driver[K]) newFollower() *follower[K] {
	return &follower[K]{s: d.engine, known: map[K]lastmodstore.Entry[int]{}}
}

// catchUp follows the feed until there is no more, or for so many events at most.
func (f *follower[K]) catchUp(most int) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	f.behind = true
	go func() {
		defer close(ended)
		for e := range f.s.Watch(ctx, f.at) {
			if f.apply(e); e.Kind == lastmodstore.CaughtUp {
				continue
			}
			if most--; most == 0 {
				return
			}
		}
	}()
	synctest.Wait()
	cancel()
	<-ended
	if f.behind && most < 0 {
		f.wrong = append(f.wrong, "24: no CaughtUp after the last event")
	}
}

func (f *follower[K]) apply(e lastmodstore.Event[K, int]) {
	if e.At.Before(f.at) || e.At.Equal(f.at) && e.Kind != lastmodstore.CaughtUp {
		f.wrong = append(f.wrong, fmt.Sprintf("24: %v %v at %v comes after %v", e.Kind, e.Key, e.At, f.at))
	}
	f.at = e.At
	switch e.Kind {
	case lastmodstore.Modified:
		f.known[e.Key] = e.Entry
	case lastmodstore.Resync:
		f.resyncs++
		f.behind = true
		f.known = maps.Collect(f.s.All())
	case lastmodstore.CaughtUp:
		if !f.behind {
			f.wrong = append(f.wrong, "24: a second CaughtUp")
		}
		f.behind = false
	default:
		delete(f.known, e.Key)
	}
}

// follow lets a follower catch up: one that may be cut, a new one, or one whose
// position is from before the store was opened.
func (d *driver[K]) follow(c Call) (got, want string) {
	if got, want = d.both("Cleanup", c); got != want || d.oracle.closed {
		return got, want // an entry is not seen to expire before it is removed
	}
	switch c.Time % 4 {
	case 0:
		fresh := d.newFollower()
		fresh.catchUp(-1)
		return fresh.text(d), d.knowledge(false)
	case 1:
		early := d.newFollower()
		early.at = d.start.Add(-1 - time.Duration(c.Value))
		early.catchUp(-1)
		return early.text(d), d.knowledge(true)
	}
	// An entry that was merged with an old time has a position before the opening.
	d.mustResync = d.mustResync || !d.replica.at.IsZero() && d.replica.at.Before(d.start)
	if c.Time%4 == 2 {
		d.replica.catchUp(1 + int(c.Value)%4)
		return "", ""
	}
	must := d.mustResync
	d.replica.catchUp(-1)
	got, want = d.replica.text(d), d.knowledge(must)
	d.replica.resyncs, d.mustResync = 0, false
	return got, want
}

// both makes a call on the engine and then on the oracle: the arguments may depend
// on what the oracle holds.
func (d *driver[K]) both(name string, c Call) (got, want string) {
	return d.call(d.engine, name, c), d.call(d.oracle, name, c)
}

// text returns what f knows, and what was wrong on the way.
func (f *follower[K]) text(d *driver[K]) string {
	d.oracle.loose.listed = later(d.oracle.loose.listed, f.at)
	lines := slices.Clone(f.wrong)
	for key, e := range f.known {
		lines = append(lines, d.version(key, e))
	}
	slices.Sort(lines)
	return fmt.Sprint("Resync: ", f.resyncs > 0, "; ", strings.Join(lines, ""))
}

// knowledge returns what a follower must know.
func (d *driver[K]) knowledge(resync bool) string {
	var lines []string
	for key, e := range d.oracle.All() {
		lines = append(lines, d.version(key, e))
	}
	slices.Sort(lines)
	return fmt.Sprint("Resync: ", resync, "; ", strings.Join(lines, ""))
}

// version returns what an event shows of an entry. Touch causes none.
func (d *driver[K]) version(key K, e lastmodstore.Entry[int]) string {
	return fmt.Sprint(key, ":", e.Value, " modified ", d.nanos(e.LastModified), "; ")
}
