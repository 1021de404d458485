package table

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A walk makes random moves on a table and on its model. Some of them advance the time.
type walk struct {
	name   string
	limit  int // MaxEntries
	reject bool
	keys   int // number of different keys
	batch  int // most keys in one SetMany
	ttl    int // longest TTL, in nanoseconds
	phase  int // steps of growing, followed by as many of shrinking
	steps  int
	every  int  // steps from one check to the next
	weak   bool // hashes often collide

	testing.TB
	*rand.Rand
	t       *Table[int, int]
	m       *model
	now     int64
	scan    *scanning
	changes *changing
}

func TestRandomWalkAgreesWithModel(t *testing.T) {
	for _, w := range []walk{
		{name: "small", keys: 40, batch: 5, ttl: 300, phase: 200, steps: 4000, every: 1},
		{name: "equal hashes", keys: 60, batch: 8, ttl: 800, phase: 200, steps: 3000, every: 1, weak: true},
		{name: "one key", keys: 1, batch: 1, ttl: 50, phase: 100, steps: 1000, every: 1},
		{name: "evicting", limit: 25, keys: 60, batch: 6, ttl: 500, phase: 200, steps: 4000, every: 1},
		{name: "evicting one", limit: 1, keys: 4, batch: 3, ttl: 100, phase: 200, steps: 1000, every: 1},
		{name: "rejecting", limit: 25, reject: true, keys: 60, batch: 6, ttl: 300, phase: 200, steps: 3000, every: 1},
		{name: "splitting", keys: 6000, batch: 60, ttl: 200_000, phase: 600, steps: 4800, every: 50},
		{name: "evicting and splitting", limit: 900, keys: 2000, batch: 30, ttl: 200_000, phase: 400, steps: 2400, every: 50},
	} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%s/seed=%d", w.name, seed), func(t *testing.T) {
				w.TB, w.Rand = t, rand.New(rand.NewPCG(seed, 1))
				w.run()
			})
		}
	}
}

func (w *walk) run() {
	w.t = open[int, int](timeline.Start(), config.Config{MaxEntries: w.limit, RejectWhenFull: w.reject, RemovalLog: 1 << 20})
	w.m = newModel(w.limit, w.reject)
	w.now, w.scan, w.changes = 0, nil, nil
	w.m.wasRemoved = func(e *modelEntry) bool {
		i := w.t.find(w.hash(e.key), e.key)
		return i == none || w.t.slots.at(i).modified != e.modified
	}
	w.m.stamp = func(key int) int64 {
		if i := w.t.find(w.hash(key), key); i != none {
			return w.t.slots.at(i).modified
		}
		return math.MinInt64 // evicted since
	}
	w.m.changed = func(key int) {
		if w.scan != nil {
			delete(w.scan.stable, key)
		}
		if w.changes != nil {
			delete(w.changes.stable, key)
		}
	}
	most := 0
	for step := range w.steps {
		w.move(step/w.phase%2 == 0)
		most = max(most, int(w.t.index.size))
		if step%w.every == 0 {
			w.compare()
		}
	}
	w.compare()
	w.Logf("%d entries, at most %d buckets, %+v", w.t.Len(), most, w.m.stats)
}

// hash returns the hash of key. If w.weak is set, two keys often have the same.
func (w *walk) hash(key int) uint32 {
	h := hashOf(key)
	if w.weak {
		return bits.Reverse32(h>>28) | h>>8&1
	}
	return h
}

// move makes one move, which is more likely to insert when growing.
func (w *walk) move(growing bool) {
	if growing == (w.IntN(4) > 0) {
		w.add()
		return
	}
	switch n := w.IntN(400); {
	case n == 0 && w.IntN(3) == 0 && !growing:
		cleared := w.t.Clear(w.now)
		w.t.CountCleared(cleared.Expired())
		w.m.clear()
	case n < 40:
		w.now += int64(w.IntN(w.ttl/10 + 2))
		w.m.now = w.now
	case n < 120:
		w.read()
	case n < 150:
		w.sweep()
	case n < 210:
		w.stepScan()
	case n < 270:
		w.stepChanges()
	case n < 300:
		w.touch()
	default:
		w.remove(growing)
	}
}

func (w *walk) key() int { return w.IntN(w.keys) }

func (w *walk) randomTTL() time.Duration {
	switch n := w.IntN(20); {
	case n == 0:
		return -2
	case n == 1:
		return 1<<63 - 1 - time.Duration(w.IntN(2*w.ttl))
	case n < 6:
		return 0
	case n < 9:
		return -1
	default:
		return time.Duration(1 + w.IntN(w.ttl))
	}
}

// instant returns a time for a condition, often that of key's entry, or one next to it.
func (w *walk) instant(key int) (time.Time, int64) {
	at := w.now - int64(w.IntN(2*w.ttl))
	if e := w.m.entries[key]; e != nil && w.IntN(3) > 0 {
		at = e.modified + int64(w.IntN(3)) - 1
	}
	return w.t.line.Time(at), at
}

// compare checks the structure and that the table holds what the model holds.
func (w *walk) compare() {
	w.Helper()
	t, m := w.t, w.m
	t.check(w)
	must(w, "Len", t.Len(), len(m.entries))
	must(w, "last", t.last, m.last)
	m.stats.Entries = len(m.entries)
	must(w, "Stats", t.Stats(), m.stats)
	for i := range t.slots.meta.n {
		if !t.slots.isLive(i) {
			continue
		}
		s := t.slots.at(i)
		e := m.entries[s.key]
		if e == nil {
			w.Fatalf("key %d is present, but should be absent", s.key)
		}
		must(w, fmt.Sprint("key ", s.key), [4]int64{int64(s.value), s.modified, s.deadline, s.ttl()},
			[4]int64{int64(e.value), e.modified, e.deadline, e.ttl})
		if w.limit > 0 && w.now < s.deadline {
			must(w, fmt.Sprint("mark of ", s.key), t.slots.marks.at(i).Load(), e.marked)
		}
	}
	switch {
	case w.limit == 0:
	case t.hand == none || m.hand == nil:
		must(w, "hand at the head", t.hand == none, m.hand == nil)
	default:
		must(w, "hand", t.slots.at(t.hand).key, m.hand.key)
	}
}
