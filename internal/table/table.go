// Package table implements the state that both engines share: the map, the expiry
// order, the modification order, the removal log and the capacity.
//
// A Table is not safe for concurrent use, with two exceptions: the methods in read.go,
// page.go and watch.go may run concurrently with each other, and those in lookup.go
// also with a writer. A Table never reads the clock, never blocks and calls no code of
// its callers. Time is passed in as now, in nanoseconds on the store's timeline, and
// must not decrease from one call to the next, except among concurrent reads.
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
	deadline   int64 // timeline.Never: does not expire
	modified   int64
	encodedTTL int64 // the TTL, or its complement, below 0, if the entry is out of order
}

// outOfOrder reports whether the entry was merged after a later modification or
// removal. Then it has a record in the removal log, too.
func (a *times) outOfOrder() bool { return a.encodedTTL < 0 }

func (a *times) setOutOfOrder(outOfOrder bool) {
	if a.outOfOrder() != outOfOrder {
		a.encodedTTL = ^a.encodedTTL
	}
}

func (a *times) ttl() int64 {
	if a.outOfOrder() {
		return ^a.encodedTTL
	}
	return a.encodedTTL
}

func (a *times) setTTL(ttl int64) {
	outOfOrder := a.outOfOrder()
	a.encodedTTL = ttl
	a.setOutOfOrder(outOfOrder)
}

// A Table holds the entries.
type Table[K comparable, V any] struct {
	// Changed by each write: 32 bytes, for which a lock leaves room in its cache line.
	head, tail uint32 // modification order
	hand       uint32 // of SIEVE; none means at the head
	mergeHint  uint32 // slot of the last Merge, or a neighbour
	last       int64  // the latest time assigned or merged
	sets       uint64 // for Stats

	// Read by all and changed by few writes: 64 bytes.
	view     atomic.Pointer[view[K, V]] // nil while a batch is being stored
	readers  *epoch.Domain              // readers without a lock; nil if there are none
	reads    counts                     // nil if reads are not counted
	line     *timeline.Timeline         // for conversions and its watermark, never to read the clock
	sum      func(a, b V) V             // nil if V is not a number
	isHidden bool                       // a batch is being stored

	config           config.Config
	currentView      *view[K, V] // what view is, or will be after Show
	index            index
	slots            slots[K, V]
	weights          weighing // zero if the entries are not weighed
	heap             chunked[heapItem]
	ties             func(a, b heapItem) bool // tiePrecedes, or nil unless the table is deterministic
	compareKeys      func(a, b K) int         // nil unless the table is deterministic
	joined           bool
	shard, shardMask int64 // stamps equal shard modulo shardMask+1, within maxAhead

	log     removalLog[K, V]
	expired expiredLog[K]
	removed removalQueue[K, V]

	stats lastmodstore.Stats // except for what Stats adds
}

// New returns an empty table for use by one goroutine at a time.
func New[K comparable, V any](line *timeline.Timeline, c config.Config) *Table[K, V] {
	t := new(Table[K, V])
	t.Init(line, c, nil)
	return t
}

// Init makes t, which is zero, an empty table. If readers is not nil, those that have
// entered it may look up keys concurrently with a writer: see lookup.go.
func (t *Table[K, V]) Init(line *timeline.Timeline, c config.Config, readers *epoch.Domain) {
	t.line, t.config, t.last, t.readers = line, c, math.MinInt64, readers
	t.sum = number.Sum[V]()
	if c.Deterministic {
		t.initDeterministic()
	}
	if c.CountReads {
		t.reads = make(counts, epoch.Stripes)
	}
	t.log.init(c)
	t.expired.limit = c.RemovalLog
	t.Reset()
}

// Join makes t, which must be unused, the given shard of several that share a timeline.
// The shards' stamps differ, so that they have one order. It returns false if t has
// been used.
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

// Reset removes all entries and forgets all removals. It queues and records nothing.
func (t *Table[K, V]) Reset() {
	t.log.reset(max(t.last, t.line.Opened()))
	t.expired.reset()
	t.index = newIndex()
	t.slots = newSlots(t.hasMarks(), t.readers, t.slots.poison)
	t.initWeights()
	t.heap = newChunked[heapItem]()
	t.head, t.tail, t.hand, t.mergeHint = none, none, none, none
	t.publishView()
}

// publishView publishes the current directory and slots to readers.
func (t *Table[K, V]) publishView() {
	t.currentView = &view[K, V]{t.index.directory, t.slots.published, t.slots.marks}
	if !t.isHidden {
		t.view.Store(t.currentView)
	}
}

// followDirectory publishes the directory to readers if it has been replaced.
func (t *Table[K, V]) followDirectory() {
	if len(t.currentView.directory) != len(t.index.directory) {
		t.publishView()
	}
}

// Hide makes look-ups without a lock return Hidden while a batch is stored, so that
// they do not see half of it.
func (t *Table[K, V]) Hide() {
	t.isHidden = true
	t.view.Store(nil)
}

// Show ends Hide.
func (t *Table[K, V]) Show() {
	t.isHidden = false
	t.view.Store(t.currentView)
}

// Hash returns the hash of key. A table uses one half of it: see [Short]. A Sharded
// selects the shard by the other half. Like a map, Hash panics if key is unhashable, so
// call it on the goroutine that is to panic.
func Hash[K comparable](seed maphash.Seed, key K) uint64 {
	return maphash.Comparable(seed, key)
}

// Short returns the high half of h, which the methods of a table take.
func Short(h uint64) uint32 { return uint32(h >> 32) }

// Len returns the number of entries held, including expired ones.
func (t *Table[K, V]) Len() int { return int(t.slots.live) }

// find returns the slot of key, expired or not, or none. It is lookUp under the lock.
func (t *Table[K, V]) find(h uint32, key K) uint32 {
	i, _ := lookIn(t.index.home(h), t.slots.published, h, key)
	return i
}

// live is find for a writer: it removes an expired entry and returns none for it. It
// also returns the cell of the slot, which is valid until the index changes.
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

// remove removes slot i from the index and from every order. Slot numbers that the
// caller holds are invalid afterwards.
func (t *Table[K, V]) remove(i uint32, why lastmodstore.EventKind, now int64) {
	m := t.slots.meta.at(i)
	if t.isWeighed() {
		t.weights.total -= t.weightOf(i)
	}
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

// record logs for watchers what happened to the entry of slot i.
func (t *Table[K, V]) record(i uint32, kind lastmodstore.EventKind, at int64) {
	if t.log.remembers() {
		t.log.add(record[K, V]{t.change(i, kind, at), t.slots.meta.at(i).hash})
	} else {
		t.log.horizon = at
	}
}

// recordMerge logs that an entry of key arrived out of order.
func (t *Table[K, V]) recordMerge(h uint32, key K, at int64) {
	if t.log.remembers() {
		t.log.add(record[K, V]{change[K, V]{at: at, kind: lastmodstore.Modified, key: key}, h})
	} else {
		t.log.horizon = at
	}
}
