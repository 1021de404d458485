package table

import "sync/atomic"

// A published is an array in chunks of equal size that readers access without a lock.
// A chunk is part of the array before the number of any of its elements is published,
// and until no reader can hold such a number. So a reader that has a number can load
// the chunks and find its element in them.
type published[T any] struct {
	chunks atomic.Pointer[[]*T] // the first element of each; those at the end may be nil
	bits   uint8                // a chunk has 1<<bits elements
	mask   uint32
}

func newPublished[T any]() *published[T] {
	bits := chunkBits[T]()
	p := &published[T]{bits: bits, mask: 1<<bits - 1}
	p.chunks.Store(new([]*T))
	return p
}

func (p *published[T]) at(i uint32) *T { return element((*p.chunks.Load())[i>>(p.bits&31)], i&p.mask) }

// extend adds element i to the array.
func (p *published[T]) extend(i uint32) {
	c, chunks := int(i>>p.bits), *p.chunks.Load()
	if c == len(chunks) {
		larger := make([]*T, max(4, 2*c))
		copy(larger, chunks)
		larger[c] = newChunk[T](p.bits)
		p.chunks.Store(&larger)
	} else if chunks[c] == nil {
		chunks[c] = newChunk[T](p.bits)
	}
}

// shrink drops the chunks that hold none of the first n elements. Unless one element
// fills a chunk, one empty chunk is kept, so that growing and shrinking at a chunk
// boundary does not allocate.
func (p *published[T]) shrink(n uint32) {
	chunks := *p.chunks.Load()
	inUse := int((n + p.mask) >> p.bits)
	if p.bits > 0 {
		inUse++
	}
	for c := inUse; c < len(chunks) && chunks[c] != nil; c++ {
		chunks[c] = nil
	}
	if len(chunks) >= 64 && inUse < len(chunks)/4 {
		smaller := append(make([]*T, 0, 2*inUse), chunks[:inUse]...)
		smaller = smaller[:cap(smaller)]
		p.chunks.Store(&smaller)
	}
}
