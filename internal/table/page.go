package table

import (
	"math/bits"
	"time"
	"unsafe"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A Page is a long read in progress: the entries of the last step, and where the next
// step begins. Between two steps anything may change. Scan and Changes of the table
// fill it. They may run concurrently with other reads.
type Page[K comparable, V any] struct {
	Pairs []Pair[K, V]
	Done  bool

	nextHash uint64 // Scan: the next reversed hash

	ordered bool // for Changes, not Scan
	started bool
	until   int64
	cursor
}

// A cursor is a position in the modification order.
type cursor struct {
	from        int64        // entries modified until then have been passed
	checkpoints []checkpoint // oldest last; see Changes
	walkBudget  int          // links that resume may follow in one step
}

// Pair is one entry of a page.
type Pair[K comparable, V any] struct {
	Key   K
	Entry lastmodstore.Entry[V]
}

// A checkpoint is a slot whose entry was modified at the time at. While that is still
// so, it is a position in the modification order.
type checkpoint struct {
	slot uint32
	at   int64
}

const (
	pageLen       = 256     // a page of Changes is full at this many entries
	pageSize      = 1 << 18 // or at this many bytes
	walkLen       = 2048    // links followed in one step
	checkpointGap = 256     // links from one checkpoint to the next
)

// Since returns a page with which to begin the Changes after t.
func Since[K comparable, V any](line *timeline.Timeline, t time.Time) Page[K, V] {
	return Page[K, V]{ordered: true, cursor: cursor{from: line.Nanos(t)}}
}

// Passed reports whether an entry with the given LastModified is part of the loop and
// will not be on a later page.
func (p *Page[K, V]) Passed(modified int64) bool {
	return !p.ordered || modified <= p.from || p.Done && modified <= p.until
}

// Scan fills p with the live entries of the next bucket.
func (t *Table[K, V]) Scan(p *Page[K, V], now int64) {
	p.Pairs = p.Pairs[:0]
	b, end := t.index.span(uint32(p.nextHash))
	for _, c := range b.cells {
		if c != 0 && uint64(bits.Reverse32(cellHash(c))) >= p.nextHash {
			t.collect(p, cellSlot(c), now)
		}
	}
	p.nextHash, p.Done = end, end == 1<<32
}

func (t *Table[K, V]) collect(p *Page[K, V], i uint32, now int64) {
	if s := t.slots.at(i); now < s.deadline {
		p.Pairs = append(p.Pairs, Pair[K, V]{s.key, t.entry(i)})
	}
}

// Changes fills p with the next live entries modified after p.from. It ends at the
// modification that was the latest in the first step.
//
// It first walks back from the newest entry, in steps, and leaves checkpoints, and then
// walks forward again. Entries that are modified meanwhile leave the range. If the
// entry of a checkpoint has, the next newer checkpoint is used.
func (t *Table[K, V]) Changes(p *Page[K, V], now int64) {
	p.Pairs = p.Pairs[:0]
	if !p.started {
		p.started, p.until = true, t.last
	}
	i, found := t.resume(&p.cursor)
	if !found {
		return
	}
	for links := 0; ; links++ {
		if i == none || t.slots.at(i).modified > p.until {
			p.Done = true
			return
		}
		s := t.slots.at(i)
		// Entries with equal times are not separated, so that from alone determines
		// where to continue.
		if s.modified != p.from && (t.fullPage(len(p.Pairs)) || links >= walkLen) {
			p.checkpoints = append(p.checkpoints, checkpoint{i, s.modified})
			return
		}
		t.collect(p, i, now)
		p.from, i = s.modified, t.slots.links.at(i).next
	}
}

// fullPage reports whether n entries fill a page.
func (t *Table[K, V]) fullPage(n int) bool {
	return n >= pageLen || uintptr(n)*unsafe.Sizeof(slot[K, V]{}) >= pageSize
}

// Limit makes Changes end with the entries modified until then.
func (p *Page[K, V]) Limit(until int64) { p.started, p.until = true, until }

// resume returns the oldest slot modified after p.from, or none if there is no such
// slot. If one step does not reach it, it leaves checkpoints and returns false.
func (t *Table[K, V]) resume(p *cursor) (slot uint32, found bool) {
	if t.head == none || t.slots.at(t.head).modified > p.from {
		p.walkBudget = 0
		return t.head, true
	}
	p.walkBudget = max(p.walkBudget, walkLen/2)
	for n := len(p.checkpoints); n > 0; n-- {
		w := p.checkpoints[n-1]
		if w.at > p.from && t.slots.isLive(w.slot) && t.slots.at(w.slot).modified == w.at {
			break
		}
		p.checkpoints = p.checkpoints[:n-1]
	}
	i := t.tail
	if n := len(p.checkpoints); n > 0 {
		i = p.checkpoints[n-1].slot
	} else {
		// This is the first step, or writers have invalidated every checkpoint: walk
		// further than the last time, or they could do so forever.
		p.walkBudget *= 2
	}
	after := uint32(none)
	if i != none {
		after = t.slots.links.at(i).next
	}
	for links := 1; i != none && t.slots.at(i).modified > p.from; links++ {
		s := t.slots.at(i)
		if links%checkpointGap == 0 {
			p.checkpoints = append(p.checkpoints, checkpoint{i, s.modified})
		}
		if links >= p.walkBudget {
			return none, false
		}
		after, i = i, t.slots.links.at(i).prev
	}
	p.walkBudget = 0 // begin with short steps again next time
	return after, true
}
