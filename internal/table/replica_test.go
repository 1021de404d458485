package table

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A replica is a deterministic table that applies commands. Its hashes depend on its
// number.
type replica struct {
	number int
	line   *timeline.Timeline
	t      *Table[int, int]
	feed   Feed[int, int]
	page   Page[int, int]
}

func newReplica(c config.Config, number int) *replica {
	line := timeline.StartReplayed(historyOpened)
	r := &replica{number: number, line: line, t: open[int, int](line, c)}
	r.t.OrderKeys(cmp.Compare[int])
	r.t.RecordRemovals(true)
	r.feed = NewFeed[int, int](line, time.Time{})
	return r
}

func (r *replica) hash(key int) uint32 { return hashOf(key + 1000*r.number) }

// A result is everything that a command returns, and what OnRemove is told.
type result struct {
	ok, more bool
	err      error
	n        int
	copy     Copy[int]
	removed  []lastmodstore.Event[int, int]
}

func (r *replica) apply(c *command) (got result) {
	r.line.Advance(c.now)
	now, h, t := r.line.Tick(), r.hash(c.key), r.t
	switch c.name {
	case "Set":
		got.err = t.Set(h, c.key, c.value, c.ttl, now)
	case "SetMany":
		got.err = r.setMany(c, now)
	case "SetIfUnmodifiedSince":
		got.ok, got.err = t.SetIfUnmodifiedSince(h, c.key, c.value, c.ttl, c.since, now, &got.copy)
	case "Add":
		got.err = t.Add(h, c.key, c.value, c.ttl, now, &got.copy)
	case "Touch":
		got.ok, got.err = t.Touch(h, c.key, c.ttl, now)
	case "Delete":
		got.ok, got.err = t.Delete(h, c.key, now)
	case "GetAndDelete":
		got.ok, got.err = t.GetAndDelete(h, c.key, now, &got.copy)
	case "DeleteIfUnmodifiedSince":
		got.ok, got.err = t.DeleteIfUnmodifiedSince(h, c.key, c.since, now)
	case "Merge":
		got.ok, got.err = t.Merge(h, c.key, c.entry, now)
	case "Clear":
		cleared := t.Clear(now)
		got.n = cleared.Expired()
	case "SweepStep":
		got.n, got.more = t.SweepStep(now, now, c.limit)
	}
	for _, removal := range t.DrainRemovals() {
		got.removed = slices.AppendSeq(got.removed, removal.Events(r.line))
	}
	return got
}

func (r *replica) setMany(c *command, now int64) error {
	all := make([]Assignment[int, int], len(c.keys))
	for i, key := range c.keys {
		all[i] = Assignment[int, int]{Hash: r.hash(key), Key: key, Value: c.value}
	}
	r.t.Hide()
	defer r.t.Show()
	return r.t.SetMany(all, c.ttl, now)
}

// interfere does what readers do, with a clock that may be ahead of the log.
func (r *replica) interfere(rng *rand.Rand, keys int, now int64) {
	now += rng.Int64N(50)
	for range rng.IntN(2 * keys) {
		key := rng.IntN(keys)
		r.t.GetEntry(r.hash(key), key, now)
		r.t.Get(r.hash(key), key)
	}
	all := rng.Perm(keys)[:rng.IntN(keys)]
	lookups := make([]Lookup[int], keys)[:len(all)]
	for i, key := range all {
		lookups[i] = Lookup[int]{hash: r.hash(key)}
	}
	r.t.GetMany(all, lookups, now)
	if r.page.Done || rng.IntN(8) == 0 {
		r.page = Since[int, int](r.line, r.line.Time(now-rng.Int64N(100)))
	}
	r.t.Changes(&r.page, now)
	if rng.IntN(8) == 0 {
		r.feed = NewFeed[int, int](r.line, r.line.Time(now-rng.Int64N(100)))
	}
	r.t.Watch(&r.feed, now)
	r.line.Promise(now)
	r.t.NextDeadline(now) // fixes up the heap
	for rng.IntN(2) == 0 {
		r.t.Reclaim()
	}
}

// A view of a replica: what its readers and watchers can see.
type observation struct {
	entries map[int]lastmodstore.Entry[int]
	changes []Pair[int, int]
	events  []lastmodstore.Event[int, int]
	until   int64
	length  int
}

// observe returns what can be seen at now, and what has happened after since.
func (r *replica) observe(keys int, since, now int64) (o observation) {
	o.length, o.entries = r.t.Len(), map[int]lastmodstore.Entry[int]{}
	for key := range keys {
		if e, ok := r.t.Peek(r.hash(key), key, now); ok {
			o.entries[key] = e
		}
	}
	at := time.Time{}
	if since > 0 {
		at = r.line.Time(since)
	}
	for p := Since[int, int](r.line, at); !p.Done; {
		r.t.Changes(&p, now)
		o.changes = append(o.changes, p.Pairs...)
	}
	feed := NewFeed[int, int](r.line, at)
	for !feed.CaughtUp() {
		for r.t.Watch(&feed, now); feed.HasNext(); {
			o.events = append(o.events, feed.Next(r.line))
		}
	}
	o.until = feed.Until
	return o
}
