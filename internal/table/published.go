package table

import "sync/atomic"

// A published is an array in chunks of one size, which readers reach without a
// lock. A chunk is in its place before the number of one of its elements is
// published, and stays there until no reader can hold such a number. So whoever
// has a number may load the chunks: they contain its element.
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

// extend makes element i, which is new, part of the array.
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

// shrink drops the chunks that hold none of the first n elements. Unless one
// element fills a chunk, one chunk stays, so that growing and shrinking at a
// boundary allocates nothing.
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
