package table

import (
	"math"

	"github.com/lastmodstore/lastmodstore/internal/epoch"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

const (
	none = math.MaxUint32 // no slot, or no place

	retired = none - 1 // stands for prev: readers may still look at the slot, or have just left it
	vacant  = none - 2 // stands for a place in the heap: the slot is in a list of vacant ones
)

// A slot is one version of an entry. Readers reach it without a lock, so it is not
// written before none can: a new version takes a fresh slot.
type slot[K comparable, V any] struct {
	key   K
	value V
	times
}

// What only the writer, and those who share its lock, need of a slot is stored apart
// from it, so that it disturbs no reader. A modification writes the links of the
// slot's neighbours, which are then likely in the cache when the slots are not.
type (
	link struct {
		prev, next uint32 // in the modification order; of a vacant slot, in its list
	}
	meta struct {
		heap uint32 // place in the expiry index, or none; or vacant
		hash uint32
	}
)

// slots are numbered from 0. Each is live, retired or vacant. There are few that
// are not live, so memory follows the number of entries: see compact.
type slots[K comparable, V any] struct {
	published *published[slot[K, V]]
	marks     *published[mark] // if bounded, else nil
	links     chunked[link]    // of all slots
	meta      chunked[meta]    // of all slots

	live, vacant uint32 // how many
	low, high    uint32 // lists of vacant slots, the last vacated first; those in low are used first
	ceiling      uint32 // from here on slots are to become vacant: they enter high
	top          uint32 // no slot from here on is live

	spare   []uint32    // retired slots that no reader can look at: what writes take first
	unclear bool        // some of spare may hold what they held
	limbo   epoch.Limbo // the other retired slots, if shared
	next    int         // length of limbo at which to reclaim
	shared  bool        // read without a lock
	poison  func(*slot[K, V])
}

// reclaimEvery is how many slots are retired before the writer looks whether
// readers have left.
const reclaimEvery = 64

// maxSpare is how many slots wait for the next writes, which find them in the
// processor's cache.
const maxSpare = 2 * reclaimEvery

func newSlots[K comparable, V any](bounded bool, readers *epoch.Domain, poison func(*slot[K, V])) slots[K, V] {
	s := slots[K, V]{poison: poison, published: newPublished[slot[K, V]](), links: newChunked[link](), meta: newChunked[meta](), low: none, high: none, ceiling: none, next: reclaimEvery}
	if bounded {
		s.marks = newPublished[mark]()
	}
	if readers != nil {
		s.shared, s.limbo = true, epoch.NewLimbo(readers)
	}
	return s
}

func (s *slots[K, V]) at(i uint32) *slot[K, V] { return s.published.at(i) }

// isLive reports whether slot i is the present version of an entry.
func (s *slots[K, V]) isLive(i uint32) bool { return i < s.meta.n && s.isLiveAt(i) }

func (s *slots[K, V]) isLiveAt(i uint32) bool {
	return s.links.at(i).prev != retired && s.meta.at(i).heap != vacant
}

// take makes a slot live, whose contents, meta and links are the caller's to write.
func (s *slots[K, V]) take() uint32 { return s.enliven(s.pick()) }

func (s *slots[K, V]) enliven(i uint32) uint32 {
	s.live++
	s.top = max(s.top, i+1)
	if s.marks != nil {
		s.marks.at(i).Store(false) // of the slot's earlier entry
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
	s.leave(i)
	s.vacant--
	return i
}

func (s *slots[K, V]) extend() uint32 {
	if s.meta.n >= vacant-1<<maxChunkBits {
		panic("lastmodstore: over four thousand million entries in one store: use more stores")
	}
	i := s.meta.push()
	s.links.push()
	s.published.extend(i)
	if s.marks != nil {
		s.marks.extend(i)
	}
	return i
}

// retire ends the life of slot i, which no reader that comes from now on can reach.
func (s *slots[K, V]) retire(i uint32) {
	s.live--
	if !s.shared { // nobody reads concurrently
		s.clear(i)
		s.list(i)
		return
	}
	s.links.at(i).prev = retired
	if s.limbo.Retire(i); s.limbo.Len() >= s.next {
		s.reclaim()
	}
}

// reclaim vacates the retired slots that no reader can look at any more.
func (s *slots[K, V]) reclaim() {
	s.limbo.Reclaim(s.vacate)
	s.next = s.limbo.Len() + reclaimEvery
}

// Poison makes vacant slots hold what no reader may find. It is for tests.
func (t *Table[K, V]) Poison(key K, value V) {
	t.slots.poison = func(s *slot[K, V]) { s.key, s.value, s.deadline = key, value, timeline.Never }
}

// vacate lets slots be used again.
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
	s.unclear = s.unclear || room > 0
	for _, i := range items[room:] {
		s.clear(i)
		s.list(i)
	}
}

// clear lets go of what slot i holds.
func (s *slots[K, V]) clear(i uint32) {
	if s.poison == nil {
		var zero slot[K, V]
		*s.at(i) = zero
	}
}

// clearSpare clears what waits for the next writes, which would overwrite it: they
// may not come for long.
func (s *slots[K, V]) clearSpare() {
	for _, i := range s.spare {
		s.clear(i)
	}
	s.unclear = false
}

// list puts slot i, which is clear, into a list of vacant ones.
func (s *slots[K, V]) list(i uint32) {
	s.meta.at(i).heap = vacant
	s.vacant++
	if i < s.ceiling {
		s.enter(&s.low, i)
	} else {
		s.enter(&s.high, i)
	}
}

// enter puts slot i at the head of a list of vacant ones.
func (s *slots[K, V]) enter(list *uint32, i uint32) {
	l := s.links.at(i)
	l.prev, l.next = none, *list
	if l.next != none {
		s.links.at(l.next).prev = i
	}
	*list = i
}

// leave takes slot i out of its list.
func (s *slots[K, V]) leave(i uint32) {
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

// cut drops the last slot, which is vacant.
func (s *slots[K, V]) cut() {
	i := s.meta.n - 1
	s.leave(i)
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
	s.top = min(s.top, i)
}
