package command

import "github.com/lastmodstore/lastmodstore/replicated/internal/wire"

// isZero reads a byte that must be 0 or 1 and reports whether it is 0.
func isZero(r *wire.Reader) bool {
	b := r.Byte()
	if b > 1 {
		r.Fail()
	}
	return b == 0
}

// pairs reads the pairs of a SetMany.
func pairs(r *wire.Reader) []Pair {
	all := make([]Pair, r.Len(2))
	for i := range all {
		all[i].Key = r.Bytes()
		all[i].Value = r.Bytes()
	}
	return all
}
