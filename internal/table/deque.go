package table

// A deque is a queue in chunks: it never copies an element and frees chunks that it no
// longer needs. Elements are numbered from 1 in order of arrival.
type deque[T any] struct {
	chunks [][]T
	size   uint64 // elements in a chunk
	base   uint64 // number of the first element of chunks, less 1
	first  uint64 // number of the oldest element, less 1
	next   uint64 // number of the newest element
}

func (d *deque[T]) len() int { return int(d.next - d.first) }

// at returns element number n, which must be in the deque.
func (d *deque[T]) at(n uint64) *T {
	n -= d.base + 1
	return &d.chunks[n/d.size][n%d.size]
}

func (d *deque[T]) push(x T) {
	if d.size == 0 {
		d.size = uint64(newChunked[T]().mask) + 1
	}
	if d.next-d.base == uint64(len(d.chunks))*d.size {
		d.chunks = append(d.chunks, make([]T, d.size))
	}
	d.next++
	*d.at(d.next) = x
}

// oldest returns the number of the oldest element, or of the next one if d is empty.
func (d *deque[T]) oldest() uint64 { return d.first + 1 }

// pop removes the oldest element.
func (d *deque[T]) pop() {
	var zero T
	*d.at(d.oldest()) = zero
	if d.first++; d.first-d.base == d.size {
		d.chunks[0] = nil
		d.chunks = d.chunks[1:]
		d.base = d.first
	}
}
