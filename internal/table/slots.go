package table

import (
	"math"

	"github.com/lastmodstore/lastmodstore/internal/epoch"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

const (
	none = math.MaxUint32 // no slot, or no position

	retired = none - 1 // in link.prev: the slot is retired, and readers may still access it
	vacant  = none - 2 // in meta.heap: the slot is in a list of vacant slots
)

// A slot is one version of an entry. Readers access it without a lock, so it is not
// written while a reader can reach it: each new version is stored in a fresh slot.
type slot[K comparable, V any] struct {
	key   K
	value V
	times
}

// The fields of a slot that are used only under the lock are stored apart from it, so
// that writing them disturbs no reader. A modification writes the links of the slot's
// neighbours, which are likely in the cache even if the slots are not.
type (
	link struct {
		prev, next uint32 // in the modification order or, of a vacant slot, in its list
	}
	meta struct {
		heap uint32 // position in the expiry index, or none, or vacant
		hash uint32
	}
)

// slots holds the slots of a table, numbered from 0. Each is live, retired or vacant.
// Few are not live, so that memory is in proportion to the number of entries: see
// compact.
type slots[K comparable, V any] struct {
	published *published[slot[K, V]]
	marks     *published[mark] // nil if the table has no marks
	links     chunked[link]    // of all slots
	meta      chunked[meta]    // of all slots
	weights   *chunked[uint64] // nil if the entries are not weighed

	live, vacant uint32 // numbers of slots
	low, high    uint32 // lists of vacant slots, the latest first; those in low are used first
	ceiling      uint32 // slots from here on are to be given up: they go to the list high
	top          uint32 // no slot from here on is live

	spare          []uint32    // retired slots that no reader can access; writes take these first
	spareUncleared bool        // some of spare may still hold their entries
	limbo          epoch.Limbo // the other retired slots, if shared
	next           int         // length of limbo at which to reclaim
	shared         bool        // whether readers access the slots without a lock
	poison         func(*slot[K, V])
}

// reclaimEvery is the number of slots that are retired before the writer checks
// whether readers have left.
const reclaimEvery = 64

// maxSpare is the number of slots that are kept for the next writes, which find them in
// the processor's cache.
const maxSpare = 2 * reclaimEvery

func newSlots[K comparable, V any](hasMarks bool, readers *epoch.Domain, poison func(*slot[K, V])) slots[K, V] {
	s := slots[K, V]{poison: poison, published: newPublished[slot[K, V]](), links: newChunked[link](), meta: newChunked[meta](), low: none, high: none, ceiling: none, next: reclaimEvery}
	if hasMarks {
		s.marks = newPublished[mark]()
	}
	if readers != nil {
		s.shared, s.limbo = true, epoch.NewLimbo(readers)
	}
	return s
}

func (s *slots[K, V]) at(i uint32) *slot[K, V] { return s.published.at(i) }

// isLive reports whether slot i holds the current version of an entry.
func (s *slots[K, V]) isLive(i uint32) bool { return i < s.meta.n && s.isLiveAt(i) }

func (s *slots[K, V]) isLiveAt(i uint32) bool {
	return s.links.at(i).prev != retired && s.meta.at(i).heap != vacant
}

// take makes a slot live and returns it. The caller writes its contents, meta and links.
func (s *slots[K, V]) take() uint32 { return s.markLive(s.pick()) }

func (s *slots[K, V]) markLive(i uint32) uint32 {
	s.live++
	s.top = max(s.top, i+1)
	if s.marks != nil {
		s.marks.at(i).Store(false) // left by the previous entry of the slot
	}
	return i
}

func (s *slots[K, V]) pick() (i uint32) {
	if last := len(s.spare) - 1; last >= 0 {
		i, s.spare = s.spare[last], s.spare[:last]
		return i
	}
	if i = s.low; i == none {
		i = s.high
	}
	if i == none {
		return s.extend()
	}
	s.removeVacant(i)
	s.vacant--
	return i
}

func (s *slots[K, V]) extend() uint32 {
	if s.meta.n >= vacant-1<<maxChunkBits {
		panic("lastmodstore: over four billion entries in one store: use several stores, for example through Sharded")
	}
	i := s.meta.push()
	s.links.push()
	s.published.extend(i)
	if s.marks != nil {
		s.marks.extend(i)
	}
	if s.weights != nil {
		s.weights.push()
	}
	return i
}

// retire makes slot i no longer live. No reader that enters from now on can reach it.
func (s *slots[K, V]) retire(i uint32) {
	s.live--
	if !s.shared { // there are no concurrent readers
		s.clear(i)
		s.addVacant(i)
		return
	}
	s.links.at(i).prev = retired
	if s.limbo.Retire(i); s.limbo.Len() >= s.next {
		s.reclaim()
	}
}

// reclaim frees the retired slots that no reader can access any more.
func (s *slots[K, V]) reclaim() {
	s.limbo.Reclaim(s.vacate)
	s.next = s.limbo.Len() + reclaimEvery
}

// Poison stores a key and value that no reader may find in each slot that becomes
// vacant. It is for tests.
func (t *Table[K, V]) Poison(key K, value V) {
	t.slots.poison = func(s *slot[K, V]) { s.key, s.value, s.deadline = key, value, timeline.Never }
}

// vacate makes slots available for reuse.
func (s *slots[K, V]) vacate(items []uint32) {
	if s.poison != nil {
		for _, i := range items {
			s.poison(s.at(i))
		}
	}
	if s.spare == nil {
		s.spare = make([]uint32, 0, maxSpare)
	}
	room := min(len(items), cap(s.spare)-len(s.spare))
	s.spare = append(s.spare, items[:room]...)
	s.spareUncleared = s.spareUncleared || room > 0
	for _, i := range items[room:] {
		s.clear(i)
		s.addVacant(i)
	}
}

// clear releases what slot i holds.
func (s *slots[K, V]) clear(i uint32) {
	if s.poison == nil {
		var zero slot[K, V]
		*s.at(i) = zero
	}
}

// clearSpare clears the spare slots. The next writes would overwrite them, but may not
// come for a long time.
func (s *slots[K, V]) clearSpare() {
	for _, i := range s.spare {
		s.clear(i)
	}
	s.spareUncleared = false
}

// addVacant adds slot i, which is clear, to a list of vacant slots.
func (s *slots[K, V]) addVacant(i uint32) {
	s.meta.at(i).heap = vacant
	s.vacant++
	if i < s.ceiling {
		s.pushVacant(&s.low, i)
	} else {
		s.pushVacant(&s.high, i)
	}
}

// pushVacant inserts slot i at the head of a list of vacant slots.
func (s *slots[K, V]) pushVacant(list *uint32, i uint32) {
	l := s.links.at(i)
	l.prev, l.next = none, *list
	if l.next != none {
		s.links.at(l.next).prev = i
	}
	*list = i
}

// removeVacant removes slot i from its list of vacant slots.
func (s *slots[K, V]) removeVacant(i uint32) {
	l := s.links.at(i)
	switch {
	case l.prev != none:
		s.links.at(l.prev).next = l.next
	case s.low == i:
		s.low = l.next
	default:
		s.high = l.next
	}
	if l.next != none {
		s.links.at(l.next).prev = l.prev
	}
}

// dropLast removes the last slot, which is vacant.
func (s *slots[K, V]) dropLast() {
	i := s.meta.n - 1
	s.removeVacant(i)
	s.vacant--
	s.meta.pop()
	s.links.pop()
	if s.poison != nil {
		var zero slot[K, V]
		*s.at(i) = zero
	}
	s.published.shrink(i)
	if s.marks != nil {
		s.marks.shrink(i)
	}
	if s.weights != nil {
		s.weights.pop()
	}
	s.top = min(s.top, i)
}
