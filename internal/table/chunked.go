package table

import "unsafe"

const (
	maxChunkBits  = 6    // at most 64 elements
	maxChunkBytes = 4096 // unless one element is larger
)

// chunked is a dense array in chunks of equal size: growing never copies an element,
// and shrinking frees chunks. It is used only under the table's lock or by its owner.
type chunked[T any] struct {
	chunks []*T // the first element of each
	n      uint32
	bits   uint8 // a chunk has 1<<bits elements
	mask   uint32
}

func newChunked[T any]() chunked[T] {
	bits := chunkBits[T]()
	return chunked[T]{bits: bits, mask: 1<<bits - 1}
}

func (c *chunked[T]) at(i uint32) *T { return element(c.chunks[i>>(c.bits&31)], i&c.mask) }

// push appends a zero element and returns its index.
func (c *chunked[T]) push() uint32 {
	i := c.n
	if int(i>>c.bits) == len(c.chunks) {
		c.chunks = append(c.chunks, newChunk[T](c.bits))
	}
	c.n++
	return i
}

// pop removes the last element. Unless one element fills a chunk, one empty chunk is
// kept, so that pushing and popping at a chunk boundary does not allocate.
func (c *chunked[T]) pop() {
	c.n--
	var zero T
	*c.at(c.n) = zero
	spare := 1
	if c.bits == 0 {
		spare = 0
	}
	inUse := int((c.n + c.mask) >> c.bits)
	if last := len(c.chunks) - 1; inUse+spare <= last {
		c.chunks[last] = nil
		c.chunks = trim(c.chunks[:last])
	}
}

// trim moves s to a smaller array if it fills less than a quarter of its own.
func trim[T any](s []T) []T {
	if cap(s) >= 64 && len(s) < cap(s)/4 {
		return append(make([]T, 0, 2*len(s)), s...)
	}
	return s
}

// chunkBits returns the binary logarithm of the number of elements in a chunk.
func chunkBits[T any]() uint8 {
	var zero T
	bits := uint8(maxChunkBits)
	for bits > 0 && unsafe.Sizeof(zero)<<bits > maxChunkBytes {
		bits--
	}
	return bits
}

// newChunk allocates 1<<bits elements and returns the first. A pointer takes a third
// of the memory of a slice, and so of the cache, when a store has many chunks.
func newChunk[T any](bits uint8) *T { return &make([]T, 1<<bits)[0] }

// element returns element i of a chunk, which must have more than i.
func element[T any](chunk *T, i uint32) *T {
	return (*T)(unsafe.Add(unsafe.Pointer(chunk), uintptr(i)*unsafe.Sizeof(*chunk)))
}
