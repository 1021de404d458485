package table

import (
	"math/bits"
	"sync/atomic"
)

const (
	bucketMean = 384 // entries per split bucket: three quarters of 512 cells
	minCells   = 8
)

// An index maps hashes to slot numbers. It uses linear hashing (Litwin, VLDB 1980):
// buckets split and join one at a time, so growing and shrinking never move the cells
// of more than one bucket, and the load stays even. A bucket uses open addressing with
// linear probing, and deletion shifts cells back (Knuth 6.4, Algorithm R), so there
// are no tombstones.
//
// The low bits of a hash select the bucket, the high bits the home cell in it.
//
// Readers search without a lock (lookup.go). For them the directory has an entry for
// each value of the low bits, as in extendible hashing (Fagin et al., TODS 1979): the
// entry of a bucket that has not been split off yet refers to the bucket that will be
// split. A bucket that splits, joins or is resized is replaced as a whole, and the old
// one is not written any more.
type index struct {
	directory []atomic.Pointer[bucket] // its length is a power of two; replaced as a whole
	size      uint32                   // number of buckets; over half of the directory
	n         int
}

// A cell holds hash<<32 | slot+1; 0 is empty.
type bucket struct {
	cells []uint64 // a power of two, at most 7/8 in use; written and read atomically once published
	moves atomic.Uint32
	used  uint32
	shift uint8 // hash >> shift is the home cell
}

func newIndex() index {
	x := index{directory: make([]atomic.Pointer[bucket], 1), size: 1}
	x.directory[0].Store(newBucket(0))
	return x
}

func newBucket(room uint32) *bucket {
	n := uint32(minCells)
	for n/8*7 < room {
		n *= 2
	}
	return &bucket{cells: make([]uint64, n), shift: uint8(32 - bits.TrailingZeros32(n))}
}

func cell(h, slot uint32) uint64 { return uint64(h)<<32 | uint64(slot) + 1 }
func cellHash(c uint64) uint32   { return uint32(c >> 32) }
func cellSlot(c uint64) uint32   { return uint32(c) - 1 }

func (x *index) mask() uint32 { return uint32(len(x.directory) - 1) }

func (x *index) home(h uint32) *bucket { return x.directory[h&x.mask()].Load() }

// address returns the number of the bucket that holds h.
func (x *index) address(h uint32) uint32 {
	a := h & x.mask()
	if a >= x.size {
		a &= x.mask() >> 1 // not yet split off
	}
	return a
}

func (x *index) insert(h, slot uint32) {
	b := x.home(h)
	if b.isFull() {
		b = x.resize(b, h, b.used+1)
	}
	b.put(cell(h, slot))
	if x.n++; x.n > int(x.size)*bucketMean {
		x.split()
	}
}

func (x *index) remove(h, slot uint32) {
	b := x.home(h)
	b.remove(cell(h, slot))
	if n := uint32(len(b.cells)); n > minCells && b.used < n/8 {
		x.resize(b, h, b.used*2)
	}
	// Far below the size of the next split, so that a store whose size varies a little
	// neither splits nor joins.
	if x.n--; x.size > 1 && x.n < int(x.size-1)*bucketMean/2 {
		x.join()
	}
}

// search returns the cell of slot, whose hash is h.
func (x *index) search(h, slot uint32) *uint64 {
	b := x.home(h)
	return &b.cells[b.find(cell(h, slot))]
}

// resize replaces b, which holds hash h, with a bucket that has room for that many cells.
func (x *index) resize(b *bucket, h, room uint32) *bucket {
	larger := newBucket(room)
	for _, c := range b.cells {
		if c != 0 {
			larger.fill(c)
		}
	}
	x.publish(x.address(h), larger)
	return larger
}

// publish makes b bucket number a, also for the bucket that has not been split off from
// it yet.
func (x *index) publish(a uint32, b *bucket) {
	x.directory[a].Store(b)
	if buddy := a | x.mask()&^(x.mask()>>1); buddy >= x.size && buddy <= x.mask() {
		x.directory[buddy].Store(b)
	}
}

func (x *index) split() {
	last := x.size
	if last > x.mask() {
		x.changeDirectory(2 * last)
	}
	source := last & (x.mask() >> 1)
	old := x.directory[source].Load()
	moving := uint32(0)
	for _, c := range old.cells {
		if c != 0 && cellHash(c)&x.mask() == last {
			moving++
		}
	}
	stay, move := newBucket(old.used-moving), newBucket(moving)
	for _, c := range old.cells {
		switch {
		case c == 0:
		case cellHash(c)&x.mask() == last:
			move.fill(c)
		default:
			stay.fill(c)
		}
	}
	x.size++
	x.publish(last, move)
	x.publish(source, stay)
}

func (x *index) join() {
	last := x.size - 1
	target := last & (x.mask() >> 1)
	a, b := x.directory[target].Load(), x.directory[last].Load()
	joined := newBucket(a.used + b.used)
	for _, old := range []*bucket{a, b} {
		for _, c := range old.cells {
			if c != 0 {
				joined.fill(c)
			}
		}
	}
	x.size--
	x.publish(target, joined)
	if x.size == (x.mask()+1)/2 {
		x.changeDirectory(x.size)
	}
}

func (x *index) changeDirectory(n uint32) {
	changed := make([]atomic.Pointer[bucket], n)
	for a := range changed {
		changed[a].Store(x.home(uint32(a)))
	}
	x.directory = changed
}

// span returns the bucket that holds reversed hash r and the end of its range of
// reversed hashes. In the order of bit-reversed hashes, every bucket is one range, and
// splitting or joining buckets only splits or joins ranges. So a cursor in that order
// meets each key once, however the index changes in the meantime.
func (x *index) span(r uint32) (b *bucket, end uint64) {
	a := x.address(bits.Reverse32(r))
	k := bits.Len32(x.mask())
	if half := (x.mask() + 1) >> 1; a < half && a+half >= x.size {
		k--
	}
	return x.directory[a].Load(), uint64(bits.Reverse32(a)) + 1<<(32-k)
}

func (b *bucket) isFull() bool { return b.used >= uint32(len(b.cells))/8*7 }

// fill adds c to a bucket that is not published yet.
func (b *bucket) fill(c uint64) {
	b.cells[b.freeCell(c)] = c
	b.used++
}

// put adds c to a published bucket.
func (b *bucket) put(c uint64) {
	atomic.StoreUint64(&b.cells[b.freeCell(c)], c)
	b.used++
}

// freeCell returns the position at which to insert c.
func (b *bucket) freeCell(c uint64) uint32 {
	mask := uint32(len(b.cells) - 1)
	p := cellHash(c) >> b.shift
	for b.cells[p] != 0 {
		p = (p + 1) & mask
	}
	return p
}

// find returns the position of cell c, which must be in the bucket.
func (b *bucket) find(c uint64) uint32 {
	mask := uint32(len(b.cells) - 1)
	p := cellHash(c) >> b.shift
	for b.cells[p] != c {
		p = (p + 1) & mask
	}
	return p
}

// remove removes c. A cell that it moves is in both positions until the move has been
// counted in moves, so that a reader that has missed the cell in both notices.
func (b *bucket) remove(c uint64) {
	mask := uint32(len(b.cells) - 1)
	hole := b.find(c)
	for p := (hole + 1) & mask; b.cells[p] != 0; p = (p + 1) & mask {
		home := cellHash(b.cells[p]) >> b.shift
		if (p-home)&mask >= (p-hole)&mask { // the hole is between home and p
			atomic.StoreUint64(&b.cells[hole], b.cells[p])
			b.moves.Add(1)
			hole = p
		}
	}
	atomic.StoreUint64(&b.cells[hole], 0)
	b.used--
}
