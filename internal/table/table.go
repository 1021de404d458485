// Package table is the state that both engines drive: the map, the expiry
// order, the modification order and the bound.
//
// A Table is not safe for concurrent use, except that the methods of read.go
// may run beside each other (not beside a writer). It never reads the clock,
// never blocks and calls nobody back: time comes in as now, in nanoseconds on
// the store's timeline, and must never decrease from one call to the next, but
// for reads that run beside each other.
package table

import (
	"hash/maphash"
	"math"
	"math/bits"
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/epoch"
	"github.com/lastmodstore/lastmodstore/internal/number"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// maxSkew is how far ahead of the clock a merged entry may be.
const maxSkew = int64(time.Minute)

type times struct {
	deadline int64 // timeline.Never: does not expire
	modified int64
	ttl      int64 // as given; its complement, below 0, if the entry is late
}

// late says that the entry was merged later than it was modified, and later
// than something else happened: so it lies in the removal log too.
func (a *times) outOfOrder() bool { return a.ttl < 0 }

func (a *times) setOutOfOrder(outOfOrder bool) {
	if a.outOfOrder() != outOfOrder {
		a.ttl = ^a.ttl
	}
}

func (a *times) life() int64 {
	if a.outOfOrder() {
		return ^a.ttl
	}
	return a.ttl
}

func (a *times) setLife(ttl int64) {
	outOfOrder := a.outOfOrder()
	a.ttl = ttl
	a.setOutOfOrder(outOfOrder)
}

// A Table holds the entries.
type Table[K comparable, V any] struct {
	// What each write changes: 32 bytes, for which a lock leaves room in its
	// cache line.
	head, tail uint32 // modification order
	hand       uint32 // SIEVE's; none: at the head
	mergeHint  uint32 // where the last Merge went, or a neighbour
	last       int64  // the latest LastModified given or merged
	sets       uint64 // for Stats

	// What all read and few writes change: 64 bytes.
	view     atomic.Pointer[view[K, V]] // nil while a batch is stored
	readers  *epoch.Domain              // of those who read without a lock; nil: nobody does
	reads    counts                     // nil: they are not counted
	line     *timeline.Timeline         // read for conversion and its watermark, never for the time
	sum      func(a, b V) V             // nil: V is not a number
	isHidden bool                       // a batch is stored

	config           config.Config
	shown            *view[K, V] // what view is, or will be again
	index            index
	slots            slots[K, V]
	heap             chunked[due]
	joined           bool
	shard, shardMask int64 // one in shardMask+1 stamps is for this table; 0: all are

	log     removalLog[K, V]
	expired expired[K]
	removed queue[K, V]

	stats lastmodstore.Stats // but for what is counted apart
}

// New returns an empty table that is always read and written by one goroutine at a time.
func New[K comparable, V any](line *timeline.Timeline, c config.Config) *Table[K, V] {
	t := new(Table[K, V])
	t.Init(line, c, nil)
	return t
}

// Init makes t, which is zero, an empty table. The readers of a domain that is not
// nil may look up keys concurrently with a writer: see lookup.go.
func (t *Table[K, V]) Init(line *timeline.Timeline, c config.Config, readers *epoch.Domain) {
	t.line, t.config, t.last, t.readers = line, c, math.MinInt64, readers
	t.sum = number.Sum[V]()
	if c.CountReads {
		t.reads = make(counts, epoch.Stripes)
	}
	t.log.init(c)
	t.expired.limit = c.RemovalLog
	t.Reset()
}

// Join makes t, which has never been used, the given shard of several that share
// a timeline. Their stamps differ, so that they have one order. It reports
// whether t was unused.
func (t *Table[K, V]) Join(line *timeline.Timeline, readers *epoch.Domain, shard, shards int) bool {
	isWatched := t.log.active.Load() && !t.config.RetainRemovals
	if t.joined || isWatched || t.last != math.MinInt64 || t.line.Watermark() != math.MinInt64 {
		return false
	}
	t.joined = true
	if t.readers != nil {
		t.readers = readers
	}
	t.line, t.shard, t.shardMask = line, int64(shard), 1<<bits.Len(uint(shards-1))-1
	t.Reset()
	return true
}

// Reset forgets all entries, and with them all that happened. Nobody is told.
func (t *Table[K, V]) Reset() {
	t.log.reset(max(t.last, t.line.Opened()))
	t.expired.reset()
	t.index = newIndex()
	t.slots = newSlots(t.bounded(), t.readers, t.slots.poison)
	t.heap = newChunked[due]()
	t.head, t.tail, t.hand, t.mergeHint = none, none, none, none
	t.publishView()
}

// publishView shows readers the present directory and slots.
func (t *Table[K, V]) publishView() {
	t.shown = &view[K, V]{t.index.directory, t.slots.published, t.slots.marks}
	if !t.isHidden {
		t.view.Store(t.shown)
	}
}

// followDirectory shows readers the directory if it was replaced.
func (t *Table[K, V]) followDirectory() {
	if len(t.shown.directory) != len(t.index.directory) {
		t.publishView()
	}
}

// Hide keeps readers without a lock away while a batch is stored: they would see
// half of it.
func (t *Table[K, V]) Hide() {
	t.isHidden = true
	t.view.Store(nil)
}

// Show ends Hide.
func (t *Table[K, V]) Show() {
	t.isHidden = false
	t.view.Store(t.shown)
}

// Hash returns the hash of key, of which a table uses one half: see [Short]. The
// other is left to a Sharded, which chooses the shard by it. Hash panics if key is
// unhashable, as a map does: call it where the panic belongs.
func Hash[K comparable](seed maphash.Seed, key K) uint64 {
	return maphash.Comparable(seed, key)
}

// Short returns the half of h that the methods of a table take: the high one.
func Short(h uint64) uint32 { return uint32(h >> 32) }

// Len counts the entries held, expired ones included.
func (t *Table[K, V]) Len() int { return int(t.slots.live) }

// find returns the slot of key, expired or not, or none. It is lookUp for the writer,
// and for those who share its lock.
func (t *Table[K, V]) find(h uint32, key K) uint32 {
	i, _ := lookIn(t.index.home(h), t.slots.published, h, key)
	return i
}

// live is find for a writer: an entry that has expired is removed and not found. It
// also returns the cell of the slot, which is good until the index changes.
func (t *Table[K, V]) live(h uint32, key K, now int64) (uint32, *uint64) {
	i, at := lookIn(t.index.home(h), t.slots.published, h, key)
	if i != none && t.slots.at(i).deadline <= now {
		t.expire(i, now)
		return none, nil
	}
	return i, at
}

func (t *Table[K, V]) expire(i uint32, now int64) {
	s := t.slots.at(i)
	if t.line.Merges() < s.deadline {
		t.expired.add(s.key, s.modified)
	}
	t.remove(i, lastmodstore.Expired, now)
	t.stats.Expirations++
}

// remove takes slot i out of every order. Nobody may hold the number of a slot
// across it.
func (t *Table[K, V]) remove(i uint32, why lastmodstore.EventKind, now int64) {
	m := t.slots.meta.at(i)
	at := t.nextStamp(now)
	t.record(i, why, at)
	t.enqueue(i, why, at)
	t.index.remove(m.hash, i)
	t.followDirectory()
	t.unlink(i)
	if m.heap != none {
		t.heapRemove(m.heap)
	}
	t.slots.retire(i)
	t.compact(compactMoves)
}

// record remembers for watchers what happened to the entry of slot i.
func (t *Table[K, V]) record(i uint32, kind lastmodstore.EventKind, at int64) {
	if t.log.remembers() {
		t.log.add(record[K, V]{t.change(i, kind, at), t.slots.meta.at(i).hash})
	} else {
		t.log.horizon = at
	}
}

// recordMerge remembers that an entry of key arrived out of order.
func (t *Table[K, V]) recordMerge(h uint32, key K, at int64) {
	if t.log.remembers() {
		t.log.add(record[K, V]{change[K, V]{at: at, kind: lastmodstore.Modified, key: key}, h})
	} else {
		t.log.horizon = at
	}
}
