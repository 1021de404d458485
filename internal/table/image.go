package table

import (
	"iter"
	"unsafe"

	"github.com/lastmodstore/lastmodstore"
)

// An Image is a copy of all that determines what a deterministic table will do. A table
// that is restored from it and the original behave the same from then on. Its times are
// positions on the timeline.
type Image[K comparable, V any] struct {
	Entries  []ImageEntry[K, V]   // in modification order, expired ones included
	Removals []ImageRemoval[K, V] // the removal log, in order of time
	Horizon  int64                // what happened until then may be missing from Removals
	Expired  []ImageExpired[K]    // the expired entries that Merge remembers, oldest first
	Last     int64                // the latest time assigned or merged
	Merges   int64                // the time of the first Merge; see timeline.Timeline.Merges
}

// An ImageEntry is one entry of an Image.
type ImageEntry[K comparable, V any] struct {
	Key   K
	Value V
	ImageTimes
}

// An ImageRemoval is one record of the removal log of an Image: a removal or, with the
// kind Modified and without value and times, a merge that arrived out of order.
type ImageRemoval[K comparable, V any] struct {
	At   int64
	Kind lastmodstore.EventKind
	ImageEntry[K, V]
}

// ImageTimes are the times of an entry of an Image.
type ImageTimes struct {
	Deadline   int64 // timeline.Never: does not expire
	Modified   int64
	EncodedTTL int64 // the TTL, or its complement, below 0, if the entry is out of order
}

func (a *times) image() ImageTimes { return ImageTimes{a.deadline, a.modified, a.encodedTTL} }

func (a *ImageTimes) times() times { return times{a.Deadline, a.Modified, a.EncodedTTL} }

// An ImageExpired is an expired entry that Merge remembers.
type ImageExpired[K comparable] struct {
	Key      K
	Modified int64
}

// A Capture is a table at one instant. All of its methods may be called without the lock,
// and outside the owner's goroutine. So is its memory allocated: the garbage collector can
// make a large allocation wait.
type Capture[K comparable, V any] struct {
	Len  int         // number of entries
	Rest Image[K, V] // all but the entries, when captured

	slots []slot[K, V] // also those that are not live
	links []link
	head  uint32
	need  captureSize // of a table that there was not enough memory for
	tries int         // how often there was not
}

// A captureSize is how many elements a capture needs memory for.
type captureSize struct{ slots, removals, expired int }

// Capture makes c what t is now, as fast as memory can be copied, and returns true. If c
// has too little memory it returns false: after Reserve it can be tried again. It may run
// concurrently with reads.
func (t *Table[K, V]) Capture(c *Capture[K, V]) bool {
	n := t.slots.meta.n
	need := captureSize{int(n), t.log.records.len(), t.expired.keys.len()}
	if c.slots == nil || need.slots > len(c.slots) || need.removals > len(c.Rest.Removals) || need.expired > len(c.Rest.Expired) {
		c.need = need
		return false
	}
	published := t.slots.published
	flatten(c.slots[:n], *published.chunks.Load(), published.bits)
	flatten(c.links[:n], t.slots.links.chunks, t.slots.links.bits)
	c.head, c.Len = t.head, t.Len()
	c.Rest = Image[K, V]{
		Removals: t.log.image(c.Rest.Removals[:0]),
		Horizon:  t.log.horizon,
		Expired:  t.expired.image(c.Rest.Expired[:0]),
		Last:     t.last,
		Merges:   t.line.Merges(),
	}
	return true
}

// Reserve allocates the memory that Capture lacked, and more, since the table may grow
// meanwhile: each time twice as much more as before.
func (c *Capture[K, V]) Reserve() {
	share := max(16>>c.tries, 1)
	c.tries++
	reserve(&c.slots, c.need.slots, share)
	reserve(&c.links, c.need.slots, share)
	reserve(&c.Rest.Removals, c.need.removals, share)
	reserve(&c.Rest.Expired, c.need.expired, share)
}

// reserve makes memory hold n elements, and one more for each share of them.
func reserve[T any](memory *[]T, n, share int) {
	if *memory != nil && n <= len(*memory) {
		return
	}
	*memory = nil // may be collected
	*memory = make([]T, n+n/share+16)
	clear(*memory) // the system provides memory when it is first written to
}

// flatten copies the first elements of chunks with 1<<bits elements to flat.
func flatten[T any](flat []T, chunks []*T, bits uint8) {
	for c := range chunks {
		if first := c << bits; first < len(flat) {
			copy(flat[first:], unsafe.Slice(chunks[c], 1<<bits))
		}
	}
}

// Entries yields the entries in modification order, in which they are scattered in memory:
// that takes longer than the Capture.
func (c *Capture[K, V]) Entries() iter.Seq[ImageEntry[K, V]] {
	return func(yield func(ImageEntry[K, V]) bool) {
		for i := c.head; i != none; i = c.links[i].next {
			s := &c.slots[i]
			if !yield(ImageEntry[K, V]{s.key, s.value, s.image()}) {
				return
			}
		}
	}
}

// image appends the log to removals.
func (l *removalLog[K, V]) image(removals []ImageRemoval[K, V]) []ImageRemoval[K, V] {
	for n := l.records.oldest(); n <= l.records.next; n++ {
		r := l.at(n)
		removals = append(removals, ImageRemoval[K, V]{r.at, r.kind, ImageEntry[K, V]{r.key, r.value, r.image()}})
	}
	return removals
}

// image appends what x remembers to expired.
func (x *expiredLog[K]) image(expired []ImageExpired[K]) []ImageExpired[K] {
	for n := x.keys.oldest(); n <= x.keys.next; n++ {
		key := *x.keys.at(n)
		expired = append(expired, ImageExpired[K]{key, x.modified[key]})
	}
	return expired
}
