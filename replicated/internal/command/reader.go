package command

import "encoding/binary"

func appendBytes(b, s []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// A reader reads from the front of rest. If that is not possible, it sets failed and
// returns zero values.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) take(n uint64) []byte {
	if r.failed || n > uint64(len(r.rest)) {
		r.failed = true
		return nil
	}
	taken := r.rest[:n:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.rest)
	r.skip(n)
	return v
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	r.skip(n)
	return v
}

// skip skips a number of n bytes; n is at most 0 if there was none.
func (r *reader) skip(n int) {
	if n <= 0 {
		r.failed = true
		return
	}
	r.rest = r.rest[n:]
}

func (r *reader) bytes() []byte { return r.take(r.uvarint()) }

// isZero reads a byte that must be 0 or 1 and reports whether it is 0.
func (r *reader) isZero() bool {
	b := r.take(1)
	if r.failed || b[0] > 1 {
		r.failed = true
		return false
	}
	return b[0] == 0
}

func (r *reader) pairs() []Pair {
	n := r.uvarint()
	if n > uint64(len(r.rest))/2 { // each takes two bytes or more
		r.failed = true
		return nil
	}
	all := make([]Pair, n)
	for i := range all {
		all[i].Key = r.bytes()
		all[i].Value = r.bytes()
	}
	return all
}
