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
	"github.com/lastmodstore/lastmodstore/internal/number"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

const none = math.MaxUint32 // no slot

// maxSkew is how far ahead of the clock a merged entry may be.
const maxSkew = int64(time.Minute)

// A slot is one entry.
type slot[K comparable, V any] struct {
	key   K
	value V
	times
	hash uint32
	heap uint32 // place in the expiry index, or none
}

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

// Table holds the entries. Slots are dense: removing one moves the last into
// its place, so memory follows the number of entries.
type Table[K comparable, V any] struct {
	// What each write changes: 32 bytes, for which a lock leaves room in its
	// cache line.
	head, tail uint32 // modification order
	hand       uint32 // SIEVE's; none: at the head
	mergeHint  uint32 // where the last Merge went, or a neighbour
	last       int64  // the latest LastModified given or merged
	sets       uint64 // for Stats

	index            index
	slots            chunked[slot[K, V]]
	links            chunked[link] // as many as slots
	marks            chunked[mark] // as many as slots if bounded, else none
	heap             chunked[due]
	config           config.Config
	joined           bool
	shard, shardMask int64              // one in shardMask+1 stamps is for this table; 0: all are
	line             *timeline.Timeline // read for conversion and its watermark, never for the time
	sum              func(a, b V) V     // nil: V is not a number

	log     removalLog[K, V]
	expired expired[K]
	removed queue[K, V]

	stats        lastmodstore.Stats // but for what is counted apart
	hits, misses atomic.Uint64
}

// New makes an empty table.
func New[K comparable, V any](line *timeline.Timeline, c config.Config) *Table[K, V] {
	t := new(Table[K, V])
	t.Init(line, c)
	return t
}

// Init makes t, which is zero, an empty table.
func (t *Table[K, V]) Init(line *timeline.Timeline, c config.Config) {
	t.line, t.config, t.last = line, c, math.MinInt64
	t.sum = number.Sum[V]()
	t.log.init(c)
	t.expired.limit = c.RemovalLog
	t.Reset()
}

// Join makes t, which has never been used, the given shard of several that share
// a timeline. Their stamps differ, so that they have one order. It reports
// whether t was unused.
func (t *Table[K, V]) Join(line *timeline.Timeline, shard, shards int) bool {
	isWatched := t.log.active.Load() && !t.config.RetainRemovals
	if t.joined || isWatched || t.last != math.MinInt64 || t.line.Watermark() != math.MinInt64 {
		return false
	}
	t.joined = true
	t.line, t.shard, t.shardMask = line, int64(shard), 1<<bits.Len(uint(shards-1))-1
	t.Reset()
	return true
}

// Reset forgets all entries, and with them all that happened. Nobody is told.
func (t *Table[K, V]) Reset() {
	t.log.reset(max(t.last, t.line.Opened()))
	t.expired.reset()
	t.index = newIndex()
	t.slots, t.links = newChunked[slot[K, V]](), newChunked[link]()
	t.marks, t.heap = newChunked[mark](), newChunked[due]()
	t.head, t.tail, t.hand, t.mergeHint = none, none, none, none
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
func (t *Table[K, V]) Len() int { return int(t.slots.n) }

// find answers the slot of key, expired or not, or none.
func (t *Table[K, V]) find(h uint32, key K) uint32 {
	b := t.index.home(h)
	cells := b.cells
	mask := uint32(len(cells) - 1)
	for p := h >> b.shift; ; p++ {
		c := cells[p&mask]
		if c == 0 {
			return none
		}
		if cellHash(c) == h && t.slots.at(cellSlot(c)).key == key {
			return cellSlot(c)
		}
	}
}

// live is find for a writer: an entry that has expired is removed and not found.
func (t *Table[K, V]) live(h uint32, key K, now int64) uint32 {
	i := t.find(h, key)
	if i != none && t.slots.at(i).deadline <= now {
		t.expire(i, now)
		return none
	}
	return i
}

func (t *Table[K, V]) insert(h uint32, key K) uint32 {
	i := t.slots.push()
	t.links.push()
	if t.bounded() {
		t.marks.push()
	}
	s := t.slots.at(i)
	s.key, s.hash, s.heap, s.deadline = key, h, none, timeline.Never
	t.index.insert(h, i)
	return i
}

func (t *Table[K, V]) expire(i uint32, now int64) {
	s := t.slots.at(i)
	if t.line.Merges() < s.deadline {
		t.expired.add(s.key, s.modified)
	}
	t.remove(i, lastmodstore.Expired, now)
	t.stats.Expirations++
}

// remove takes slot i out of every order and moves the last slot into its place.
func (t *Table[K, V]) remove(i uint32, why lastmodstore.EventKind, now int64) {
	s := t.slots.at(i)
	at := t.nextStamp(now)
	t.record(i, why, at)
	t.enqueue(i, why, at)
	t.index.remove(s.hash, i)
	t.unlink(i)
	if s.heap != none {
		t.heapRemove(s.heap)
	}
	if last := t.slots.n - 1; last != i {
		t.move(last, i)
	}
	t.slots.pop()
	t.links.pop()
	if t.bounded() {
		t.marks.pop()
	}
}

// record remembers for watchers what happened to the entry of slot i.
func (t *Table[K, V]) record(i uint32, kind lastmodstore.EventKind, at int64) {
	if t.log.remembers() {
		t.log.add(record[K, V]{t.change(i, kind, at), t.slots.at(i).hash})
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

// move puts the entry of slot from into slot to, which nothing refers to.
func (t *Table[K, V]) move(from, to uint32) {
	s := t.slots.at(to)
	*s = *t.slots.at(from)
	t.index.renumber(s.hash, from, to)
	l := t.links.at(to)
	*l = *t.links.at(from)
	t.join(l.prev, to)
	t.join(to, l.next)
	if s.heap != none {
		t.heap.at(s.heap).slot = to
	}
	if t.hand == from {
		t.hand = to
	}
	if t.mergeHint == from {
		t.mergeHint = to
	}
	if t.bounded() {
		t.marks.at(to).Store(t.marks.at(from).Load())
	}
}
