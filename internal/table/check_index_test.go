package table

import (
	"math/bits"
	"testing"
)

// check checks that the index holds each of the n live slots once, where a search
// finds it.
func (x *index) check(tb testing.TB, n uint32, hash func(slot uint32) (h uint32, isLive bool)) {
	tb.Helper()
	room := uint32(1) << bits.Len32(x.size-1)
	switch {
	case len(x.directory) != int(room):
		tb.Fatalf("index: %d directory entries for %d buckets, want %d", len(x.directory), x.size, room)
	case x.n != int(n):
		tb.Fatalf("index: n is %d, want %d", x.n, n)
	case x.n > int(x.size)*bucketMean || x.size > 1 && x.n < int(x.size-1)*bucketMean/2:
		tb.Fatalf("index: %d buckets for %d entries", x.size, n)
	}
	for a := range room {
		if home := bucketFor(a, x.size); x.directory[a].Load() != x.directory[home].Load() {
			tb.Fatalf("index: directory entry %d does not refer to bucket %d", a, home)
		}
	}
	seen := map[uint32]bool{}
	for a := range x.size {
		b := x.directory[a].Load()
		b.check(tb)
		for _, c := range b.cells {
			if c == 0 {
				continue
			}
			i := cellSlot(c)
			h, isLive := hash(i)
			switch {
			case !isLive:
				tb.Fatalf("index: slot %d in bucket %d is not live", i, a)
			case seen[i]:
				tb.Fatalf("index: slot %d has two cells", i)
			case h != cellHash(c):
				tb.Fatalf("index: slot %d has hash %#x, but its cell %#x", i, h, cellHash(c))
			case bucketFor(cellHash(c), x.size) != a:
				tb.Fatalf("index: hash %#x is in bucket %d of %d", cellHash(c), a, x.size)
			}
			seen[i] = true
		}
	}
	if len(seen) != int(n) {
		tb.Fatalf("index: holds %d slots, want %d", len(seen), n)
	}
}

// bucketFor returns the bucket of hash h by the definition of linear hashing.
func bucketFor(h, size uint32) uint32 {
	level := uint32(1)
	for level < size {
		level *= 2
	}
	if a := h % level; a < size {
		return a
	}
	return h % (level / 2)
}

func (b *bucket) check(tb testing.TB) {
	tb.Helper()
	size := uint32(len(b.cells))
	if size < minCells || size&(size-1) != 0 || uint64(size)<<b.shift != 1<<32 {
		tb.Fatalf("bucket: %d cells with shift %d", size, b.shift)
	}
	used := uint32(0)
	for p, c := range b.cells {
		if c == 0 {
			continue
		}
		used++
		for q := cellHash(c) >> b.shift; q != uint32(p); q = (q + 1) % size {
			if b.cells[q] == 0 {
				tb.Fatalf("bucket: cell %d is empty, between the home of %#x and its position %d", q, c, p)
			}
		}
	}
	if b.used != used {
		tb.Fatalf("bucket: used is %d, want %d", b.used, used)
	}
	if used > size/8*7 || size > minCells && used < size/8 {
		tb.Fatalf("bucket: %d cells for %d entries", size, used)
	}
}
