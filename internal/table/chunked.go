package table

import "unsafe"

const (
	maxChunkBits  = 6    // at most 64 elements
	maxChunkBytes = 4096 // but for one larger element
)

// chunked is a dense array in chunks of one size: growing never copies an
// element, and shrinking returns chunks. Only the writer, and those who share
// its lock, use it.
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

// push adds a zero element at the end and returns its number.
func (c *chunked[T]) push() uint32 {
	i := c.n
	if int(i>>c.bits) == len(c.chunks) {
		c.chunks = append(c.chunks, newChunk[T](c.bits))
	}
	c.n++
	return i
}

// pop drops the last element. Unless one element fills a chunk, one empty chunk
// stays, so that pushing and popping at a boundary allocates nothing.
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

// trim moves s to a smaller array when it fills less than a quarter of its own.
func trim[T any](s []T) []T {
	if cap(s) >= 64 && len(s) < cap(s)/4 {
		return append(make([]T, 0, 2*len(s)), s...)
	}
	return s
}

// chunkBits returns the logarithm of the number of elements of a chunk.
func chunkBits[T any]() uint8 {
	var zero T
	bits := uint8(maxChunkBits)
	for bits > 0 && unsafe.Sizeof(zero)<<bits > maxChunkBytes {
		bits--
	}
	return bits
}

// newChunk returns the first of 1<<bits elements. That takes a third of the memory
// of a slice, and so of the cache, where a store has many chunks.
func newChunk[T any](bits uint8) *T { return &make([]T, 1<<bits)[0] }

// element returns element i of a chunk, which must have so many.
func element[T any](chunk *T, i uint32) *T {
	return (*T)(unsafe.Add(unsafe.Pointer(chunk), uintptr(i)*unsafe.Sizeof(*chunk)))
}
