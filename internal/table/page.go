package table

import (
	"math/bits"
	"time"
	"unsafe"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A Page is a long read in progress: what the last step brought, and where the
// next one begins. Between two steps anything may change. Scan and Changes of
// the table fill it; they may run beside other reads.
type Page[K comparable, V any] struct {
	Pairs []Pair[K, V]
	Done  bool

	nextHash uint64 // Scan: the next reversed hash

	ordered bool // Changes
	started bool
	until   int64
	cursor
}

// A way through the modification order is taken in steps.
type cursor struct {
	from        int64        // what was modified until then lies behind
	checkpoints []checkpoint // oldest last; see Changes
	walkBudget  int          // links that resume may follow in one step
}

// Pair is one entry of a page.
type Pair[K comparable, V any] struct {
	Key   K
	Entry lastmodstore.Entry[V]
}

// A checkpoint is a slot that had time at: while it still has, it is a place in
// the modification order.
type checkpoint struct {
	slot uint32
	at   int64
}

const (
	pageLen       = 256     // entries copied in one step of Changes, if they are
	pageSize      = 1 << 18 // bytes at most
	walkLen       = 2048    // links followed in one step
	checkpointGap = 256     // links from one checkpoint to the next
)

// Since is the page with which Changes after t begin.
func Since[K comparable, V any](line *timeline.Timeline, t time.Time) Page[K, V] {
	return Page[K, V]{ordered: true, cursor: cursor{from: line.Nanos(t)}}
}

// Passed reports whether an entry with the given LastModified belongs to the loop
// and comes on no later page.
func (p *Page[K, V]) Passed(modified int64) bool {
	return !p.ordered || modified <= p.from || p.Done && modified <= p.until
}

// Scan brings the live entries of the next bucket.
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

// Changes brings the next live entries modified after p.from, up to what was
// the latest modification when the first step ran.
//
// It first walks back from the newest entry, in steps, leaving a trail of
// checkpoints, and then forward again. Entries that are modified meanwhile leave
// the range; a checkpoint that did is passed over for the next newer one.
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
		// Entries of one time go together, so that from alone tells where to go on.
		if s.modified != p.from && (t.fullPage(len(p.Pairs)) || links >= walkLen) {
			p.checkpoints = append(p.checkpoints, checkpoint{i, s.modified})
			return
		}
		t.collect(p, i, now)
		p.from, i = s.modified, t.slots.links.at(i).next
	}
}

// fullPage reports whether n entries are enough for one step.
func (t *Table[K, V]) fullPage(n int) bool {
	return n >= pageLen || uintptr(n)*unsafe.Sizeof(slot[K, V]{}) >= pageSize
}

// Limit makes Changes end at what was modified until then.
func (p *Page[K, V]) Limit(until int64) { p.started, p.until = true, until }

// resume answers the oldest slot modified after p.from, or, while it has not
// reached it, leaves checkpoints and answers false.
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
		// The first step, or writers have overtaken every checkpoint: go further
		// than the last time, or they could do so for ever.
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
	p.walkBudget = 0 // the next time begins with short steps again
	return after, true
}
