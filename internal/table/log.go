package table

import "sort"

// The removal log remembers what the modification order cannot show: what was
// removed, and merges that fell behind the newest modification. It is a ring of
// the last records, in order of time. Together the two are the change feed's
// log: see watch.go.
type removalLog[K comparable, V any] struct {
	limit   int
	records []record[K, V] // record number n is at (n-1) % limit
	next    uint64         // number of the next record; the first is 1
	latest  []uint64       // by hash: number of the newest record of that place
	horizon int64          // something that happened until then is forgotten
}

type record[K comparable, V any] struct {
	change[K, V]
	older uint64 // the next older record of the same place in latest, or 0
	hash  uint32
}

func newLog[K comparable, V any](limit int, horizon int64) removalLog[K, V] {
	return removalLog[K, V]{limit: limit, next: 1, horizon: horizon}
}

// first is the number of the oldest record that is remembered.
func (l *removalLog[K, V]) first() uint64 { return l.next - uint64(len(l.records)) }

func (l *removalLog[K, V]) at(n uint64) *record[K, V] { return &l.records[(n-1)%uint64(l.limit)] }

// add remembers r, and forgets the oldest record if the ring is full.
func (l *removalLog[K, V]) add(r record[K, V]) {
	if l.limit == 0 {
		l.horizon = r.at
		return
	}
	if l.latest == nil {
		places := 1
		for places < l.limit {
			places *= 2
		}
		l.latest = make([]uint64, places)
	}
	place := &l.latest[int(r.hash)&(len(l.latest)-1)]
	r.older, *place = *place, l.next
	if len(l.records) < l.limit {
		l.records = append(l.records, r)
	} else {
		oldest := l.at(l.next)
		l.horizon = oldest.at
		*oldest = r
	}
	l.next++
}

// after is the number of the first record later than at, or next.
func (l *removalLog[K, V]) after(at int64) uint64 {
	n := sort.Search(len(l.records), func(i int) bool { return l.at(l.first()+uint64(i)).at > at })
	return l.first() + uint64(n)
}

// newest is the number of the newest record of key, or 0.
func (l *removalLog[K, V]) newest(h uint32, key K) uint64 {
	if l.latest == nil {
		return 0
	}
	for n := l.latest[int(h)&(len(l.latest)-1)]; n >= l.first(); n = l.at(n).older {
		if r := l.at(n); r.hash == h && r.key == key {
			return n
		}
	}
	return 0
}
