package table

import "github.com/lastmodstore/lastmodstore"

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

// Image returns an image of t. It may run concurrently with reads.
func (t *Table[K, V]) Image() Image[K, V] {
	return Image[K, V]{
		Entries:  t.imageEntries(),
		Removals: t.log.image(),
		Horizon:  t.log.horizon,
		Expired:  t.expired.image(),
		Last:     t.last,
		Merges:   t.line.Merges(),
	}
}

func (t *Table[K, V]) imageEntries() []ImageEntry[K, V] {
	entries := make([]ImageEntry[K, V], 0, t.Len())
	for i := t.head; i != none; i = t.slots.links.at(i).next {
		s := t.slots.at(i)
		entries = append(entries, ImageEntry[K, V]{s.key, s.value, s.image()})
	}
	return entries
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
