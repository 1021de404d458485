// Package wire reads and writes the parts of messages and snapshots: numbers are
// varints, and a string of bytes follows its length.
package wire

import "encoding/binary"

// AppendBytes appends the length of s, and s, to b.
func AppendBytes(b, s []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// A Reader reads from the front of Rest. If that is not possible, it sets Failed,
// leaves nothing to read, and returns zero values.
type Reader struct {
	Rest   []byte
	Failed bool
}

// Fail makes r one that has failed.
func (r *Reader) Fail() { r.Failed, r.Rest = true, nil }

// Take returns the next n bytes, which are part of Rest.
func (r *Reader) Take(n uint64) []byte {
	if n > uint64(len(r.Rest)) {
		r.Fail()
		return nil
	}
	taken := r.Rest[:n:n]
	r.Rest = r.Rest[n:]
	return taken
}

// Byte returns the next byte.
func (r *Reader) Byte() byte {
	if b := r.Take(1); b != nil {
		return b[0]
	}
	return 0
}

// Varint returns the next number.
func (r *Reader) Varint() int64 {
	v, n := binary.Varint(r.Rest)
	r.skip(n)
	return v
}

// Uvarint returns the next number, which is not negative.
func (r *Reader) Uvarint() uint64 {
	v, n := binary.Uvarint(r.Rest)
	r.skip(n)
	return v
}

// skip skips a number of n bytes; n is at most 0 if there was none.
func (r *Reader) skip(n int) {
	if n <= 0 {
		r.Fail()
		return
	}
	r.Rest = r.Rest[n:]
}

// Bytes returns the next string of bytes.
func (r *Reader) Bytes() []byte { return r.Take(r.Uvarint()) }

// Len returns the length of a list, each of whose elements takes at least least bytes.
func (r *Reader) Len(least int) int {
	n := r.Uvarint()
	if n > uint64(len(r.Rest)/least) {
		r.Fail()
		return 0
	}
	return int(n)
}
