package replica

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/replicated/internal/wire"
)

// A Result is what a command returned.
type Result[V any] struct {
	OK    bool
	N     int // of a Sweep: how many entries it removed
	Entry lastmodstore.Entry[V]
	Err   error
}

// The errors that a command can return, with the numbers that encode them.
var commandErrors = []error{
	1: lastmodstore.ErrInvalidTTL,
	2: lastmodstore.ErrInvalidKey,
	3: lastmodstore.ErrFull,
	4: lastmodstore.ErrNotNumber,
	5: lastmodstore.ErrClockSkew,
}

func errorNumber(err error) byte {
	for n, known := range commandErrors {
		if n > 0 && errors.Is(err, known) {
			return byte(n)
		}
	}
	if err != nil {
		panic(fmt.Sprintf("replicated: a command returned an unknown error: %v", err))
	}
	return 0
}

const (
	flagOK = 1 << iota
	flagEntry
	flagExpires
)

// appendResult appends the encoding of r to b.
func (r *Replica[K, V]) appendResult(b []byte, result Result[V]) ([]byte, error) {
	var flags byte
	if result.OK {
		flags |= flagOK
	}
	e := result.Entry
	if !e.LastModified.IsZero() {
		flags |= flagEntry
	}
	if !e.ExpiresAt.IsZero() {
		flags |= flagExpires
	}
	b = append(b, flags, errorNumber(result.Err))
	b = binary.AppendVarint(b, int64(result.N))
	if flags&flagEntry == 0 {
		return b, nil
	}
	value, err := r.values.Encode(e.Value)
	if err != nil {
		return nil, err
	}
	b = append(binary.AppendUvarint(b, uint64(len(value))), value...)
	b = binary.AppendVarint(b, e.LastModified.UnixNano())
	if flags&flagExpires != 0 {
		b = binary.AppendVarint(binary.AppendVarint(b, e.ExpiresAt.UnixNano()), int64(e.TTL))
	}
	return b, nil
}

// readResult reads what appendResult wrote.
func (r *Replica[K, V]) readResult(in *wire.Reader) (result Result[V]) {
	flags, code := in.Byte(), in.Byte()
	result.OK, result.N = flags&flagOK != 0, int(in.Varint())
	if int(code) >= len(commandErrors) {
		in.Fail()
		return result
	}
	result.Err = commandErrors[code]
	if flags&flagEntry == 0 {
		return result
	}
	value, err := r.values.Decode(in.Bytes())
	if err != nil {
		in.Fail()
		return result
	}
	result.Entry.Value, result.Entry.LastModified = value, time.Unix(0, in.Varint())
	if flags&flagExpires != 0 {
		result.Entry.ExpiresAt, result.Entry.TTL = time.Unix(0, in.Varint()), time.Duration(in.Varint())
	}
	return result
}
