package table

const (
	chunkBits = 6
	chunkLen  = 1 << chunkBits
)

// chunked is a dense array in fixed-size chunks: growing never copies an
// element, and shrinking gives chunks back.
type chunked[T any] struct {
	chunks []*[chunkLen]T
	n      uint32
}

func (c *chunked[T]) at(i uint32) *T { return &c.chunks[i>>chunkBits][i%chunkLen] }

// push adds a zero element at the end and answers its number.
func (c *chunked[T]) push() uint32 {
	i := c.n
	if int(i>>chunkBits) == len(c.chunks) {
		if i >= none-chunkLen {
			panic("lastmodstore: over four thousand million entries in one store: use more stores")
		}
		c.chunks = append(c.chunks, new([chunkLen]T))
	}
	c.n++
	return i
}

// pop drops the last element. One empty chunk stays, so that pushing and
// popping at a boundary allocates nothing.
func (c *chunked[T]) pop() {
	c.n--
	var zero T
	*c.at(c.n) = zero
	if last := len(c.chunks) - 1; int(c.n>>chunkBits)+1 < last {
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
