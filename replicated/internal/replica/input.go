package replica

import "encoding/binary"

// An input reads the parts of a snapshot. If that is not possible, it sets failed and
// returns zero values.
type input struct {
	rest   []byte
	failed bool
}

func (in *input) fail() { in.failed, in.rest = true, nil }

func (in *input) take(n uint64) []byte {
	if n > uint64(len(in.rest)) {
		in.fail()
		return nil
	}
	taken := in.rest[:n:n]
	in.rest = in.rest[n:]
	return taken
}

func (in *input) byte() byte {
	if b := in.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (in *input) varint() int64 {
	v, n := binary.Varint(in.rest)
	in.skip(n)
	return v
}

func (in *input) uvarint() uint64 {
	v, n := binary.Uvarint(in.rest)
	in.skip(n)
	return v
}

func (in *input) skip(n int) {
	if n <= 0 {
		in.fail()
		return
	}
	in.rest = in.rest[n:]
}

func (in *input) bytes() []byte { return in.take(in.uvarint()) }

// len reads the length of a list, each of whose elements takes at least a byte.
func (in *input) len() int {
	n := in.uvarint()
	if n > uint64(len(in.rest)) {
		in.fail()
		return 0
	}
	return int(n)
}
