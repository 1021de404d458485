package table

import "math/bits"

const (
	bucketMean = 384 // entries per split bucket: three quarters of 512 cells
	minCells   = 8
)

// index finds slot numbers by hash. It is linear hashing (Litwin, VLDB 1980):
// buckets split and join one at a time, so growing and shrinking never move
// more than one bucket's cells, and the load stays even. Within a bucket it is
// open addressing by linear probing, and deletion shifts back (Knuth 6.4,
// Algorithm R), so there are no tombstones.
//
// A bucket is chosen by the hash's low bits, the place within it by the high
// ones.
type index struct {
	buckets []bucket
	mask    uint32 // the smallest 2^k - 1 that is >= len(buckets)-1
	n       int
}

// A cell holds hash<<32 | slot+1; 0 is empty.
type bucket struct {
	cells []uint64 // a power of two of them, at most 7/8 in use
	used  uint32
	shift uint8 // hash >> shift is a cell's home
}

func newIndex() index { return index{buckets: []bucket{newBucket(0)}} }

func newBucket(room uint32) bucket {
	n := uint32(minCells)
	for n/8*7 < room {
		n *= 2
	}
	return bucket{cells: make([]uint64, n), shift: uint8(32 - bits.TrailingZeros32(n))}
}

func cell(h, slot uint32) uint64       { return uint64(h)<<32 | uint64(slot) + 1 }
func cellHash(c uint64) uint32         { return uint32(c >> 32) }
func cellSlot(c uint64) uint32         { return uint32(c) - 1 }
func (x *index) home(h uint32) *bucket { return &x.buckets[x.address(h)] }

// address is the number of the bucket that holds h.
func (x *index) address(h uint32) uint32 {
	a := h & x.mask
	if a >= uint32(len(x.buckets)) {
		a &= x.mask >> 1 // not yet split off
	}
	return a
}

func (x *index) insert(h, slot uint32) {
	x.home(h).insert(cell(h, slot))
	if x.n++; x.n > len(x.buckets)*bucketMean {
		x.split()
	}
}

func (x *index) remove(h, slot uint32) {
	x.home(h).remove(cell(h, slot))
	// Far below the next split, so that a store that swings does neither.
	if x.n--; len(x.buckets) > 1 && x.n < (len(x.buckets)-1)*bucketMean/2 {
		x.join()
	}
}

// renumber notes that the entry in slot from now lies in slot to.
func (x *index) renumber(h, from, to uint32) {
	b := x.home(h)
	b.cells[b.find(cell(h, from))] = cell(h, to)
}

func (x *index) split() {
	last := uint32(len(x.buckets))
	if last > x.mask {
		x.mask = x.mask<<1 | 1
	}
	source := last & (x.mask >> 1)
	old := x.buckets[source]
	moving := uint32(0)
	for _, c := range old.cells {
		if c != 0 && cellHash(c)&x.mask == last {
			moving++
		}
	}
	x.buckets = append(x.buckets, newBucket(moving))
	x.buckets[source] = newBucket(old.used - moving)
	x.refill(old)
}

func (x *index) join() {
	last := uint32(len(x.buckets)) - 1
	target := last & (x.mask >> 1)
	a, b := x.buckets[target], x.buckets[last]
	x.buckets[last] = bucket{}
	x.buckets = trim(x.buckets[:last])
	if last == (x.mask+1)/2 {
		x.mask >>= 1
	}
	x.buckets[target] = newBucket(a.used + b.used)
	x.refill(a)
	x.refill(b)
}

func (x *index) refill(old bucket) {
	for _, c := range old.cells {
		if c != 0 {
			x.home(cellHash(c)).insert(c)
		}
	}
}

// span is the range of reversed hashes that the bucket of reversed hash r
// holds. A hash's reversal orders all hashes so that every bucket is one range,
// and a range stays whole when buckets split or join: a cursor in that order
// meets each key once, however the index changes under it.
func (x *index) span(r uint32) (b *bucket, end uint64) {
	a := x.address(bits.Reverse32(r))
	k := bits.Len32(x.mask)
	if half := (x.mask + 1) >> 1; a < half && a+half >= uint32(len(x.buckets)) {
		k--
	}
	return &x.buckets[a], uint64(bits.Reverse32(a)) + 1<<(32-k)
}

func (b *bucket) insert(c uint64) {
	if b.used >= uint32(len(b.cells))/8*7 {
		b.resize(b.used + 1)
	}
	b.place(c)
}

func (b *bucket) place(c uint64) {
	mask := uint32(len(b.cells) - 1)
	p := cellHash(c) >> b.shift
	for b.cells[p] != 0 {
		p = (p + 1) & mask
	}
	b.cells[p] = c
	b.used++
}

func (b *bucket) resize(room uint32) {
	old := b.cells
	*b = newBucket(room)
	for _, c := range old {
		if c != 0 {
			b.place(c)
		}
	}
}

// find answers where cell c lies; it must be there.
func (b *bucket) find(c uint64) uint32 {
	mask := uint32(len(b.cells) - 1)
	p := cellHash(c) >> b.shift
	for b.cells[p] != c {
		p = (p + 1) & mask
	}
	return p
}

func (b *bucket) remove(c uint64) {
	mask := uint32(len(b.cells) - 1)
	hole := b.find(c)
	for p := (hole + 1) & mask; b.cells[p] != 0; p = (p + 1) & mask {
		home := cellHash(b.cells[p]) >> b.shift
		if (p-home)&mask >= (p-hole)&mask { // the hole lies between home and p
			b.cells[hole] = b.cells[p]
			hole = p
		}
	}
	b.cells[hole] = 0
	if b.used--; len(b.cells) > minCells && b.used < uint32(len(b.cells))/8 {
		b.resize(b.used * 2)
	}
}
