package table

import (
	"iter"
	"slices"
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

// A Capture is a table at one instant. Its memory is reserved outside the lock or the
// owner, since the garbage collector lets large allocations wait, and Entries and Image are
// called there.
type Capture[K comparable, V any] struct {
	Len  int         // number of entries
	Rest Image[K, V] // all but the entries

	slots []slot[K, V] // also those that are not live
	links []link
	head  uint32
	short uint32 // number of slots that there was no memory for, with the others
}

// Capture makes c what t is now, as fast as memory can be copied, and returns true. If c
// has too little memory it returns false: after Reserve it can be tried again. It may run
// concurrently with reads.
func (t *Table[K, V]) Capture(c *Capture[K, V]) bool {
	n := t.slots.meta.n
	if int(n) > len(c.slots) {
		c.short = n
		return false
	}
	published := t.slots.published
	flatten(c.slots[:n], *published.chunks.Load(), published.bits)
	flatten(c.links[:n], t.slots.links.chunks, t.slots.links.bits)
	c.head, c.Len = t.head, t.Len()
	c.Rest = Image[K, V]{
		Removals: t.log.image(),
		Horizon:  t.log.horizon,
		Expired:  t.expired.image(),
		Last:     t.last,
		Merges:   t.line.Merges(),
	}
	return true
}

// Reserve allocates the memory that Capture lacked, and somewhat more, since the table may
// grow meanwhile.
func (c *Capture[K, V]) Reserve() {
	n := c.short + c.short/16
	c.slots, c.links = make([]slot[K, V], n), make([]link, n)
	clear(c.slots) // the system provides memory when it is first written to
	clear(c.links)
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

// Image returns the image of the captured table.
func (c *Capture[K, V]) Image() Image[K, V] {
	image := c.Rest
	image.Entries = slices.AppendSeq(make([]ImageEntry[K, V], 0, c.Len), c.Entries())
	return image
}

func (l *removalLog[K, V]) image() []ImageRemoval[K, V] {
	removals := make([]ImageRemoval[K, V], 0, l.records.len())
	for n := l.records.oldest(); n <= l.records.next; n++ {
		r := l.at(n)
		removals = append(removals, ImageRemoval[K, V]{r.at, r.kind, ImageEntry[K, V]{r.key, r.value, r.image()}})
	}
	return removals
}

func (x *expiredLog[K]) image() []ImageExpired[K] {
	expired := make([]ImageExpired[K], 0, x.keys.len())
	for n := x.keys.oldest(); n <= x.keys.next; n++ {
		key := *x.keys.at(n)
		expired = append(expired, ImageExpired[K]{key, x.modified[key]})
	}
	return expired
}
