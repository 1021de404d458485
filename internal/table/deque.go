package table

// A deque is a queue in chunks: it never copies an element, and gives back what
// it no longer needs. Elements are numbered from 1 in the order of their arrival.
type deque[T any] struct {
	chunks [][]T
	base   uint64 // number of the first element of chunks, less 1
	first  uint64 // number of the oldest element, less 1
	next   uint64 // number of the newest element
}

const dequeChunk = 64

func (d *deque[T]) len() int { return int(d.next - d.first) }

// at returns element number n, which must be there.
func (d *deque[T]) at(n uint64) *T {
	n -= d.base + 1
	return &d.chunks[n/dequeChunk][n%dequeChunk]
}

func (d *deque[T]) push(x T) {
	if d.next-d.base == uint64(len(d.chunks))*dequeChunk {
		d.chunks = append(d.chunks, make([]T, dequeChunk))
	}
	d.next++
	*d.at(d.next) = x
}

// oldest returns the number of the oldest element, if there is one.
func (d *deque[T]) oldest() uint64 { return d.first + 1 }

// pop drops the oldest element.
func (d *deque[T]) pop() {
	var zero T
	*d.at(d.oldest()) = zero
	if d.first++; d.first-d.base == dequeChunk {
		d.chunks[0] = nil
		d.chunks = d.chunks[1:]
		d.base = d.first
	}
}
