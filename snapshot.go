package lastmodstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"
)

// A snapshot is a stream of
//
//	magic    "lastmod\x02", of which the last byte is the version
//	codec    uvarint length, 1 to 1000; name
//	blocks   uvarint length of the body, at least 2; body; checksum of the body.
//	         A body is a uvarint number of entries, 1 to 256; their times; and the
//	         codec's encoding of a slice of as many pairs {Key, Value}
//	end      a 0 byte; the number of entries, 8 bytes, big endian; their checksum
//
// where a checksum is the CRC-32C, 4 bytes, big endian. The times of an entry are
// LastModified, TTL (a varint) and ExpiresAt, of which the first and the last are
// a varint of Unix seconds and a uvarint of nanoseconds. No codec sees them, so
// none can alter them.
const (
	magic        = "lastmod\x02"
	maxCodecName = 1000
	maxBlock     = 256     // entries
	blockAim     = 1 << 20 // bytes; the size of the blocks that Save strives for
	blockSplit   = 1 << 24 // bytes; Save makes two blocks of a longer one
	maxBody      = 1 << 30 // bytes; a longer entry cannot be saved
)

// ErrCorrupt is returned by Load for data that is not what Save wrote.
var ErrCorrupt = errors.New("lastmodstore: corrupt snapshot")

// A Codec encodes the keys and values of a snapshot. Its name is written to the
// snapshot, which only a codec of the same name loads. It must not be longer
// than 1000 bytes.
//
// Marshal encodes a slice, which it must not keep, and Unmarshal decodes into a
// pointer to a nil slice of the same type. Save calls them both: see there. They
// run on the goroutine of the caller of Save or Load.
type Codec struct {
	Name      string
	Marshal   func(v any) ([]byte, error)
	Unmarshal func(data []byte, v any) error
}

// The codecs of the standard library's packages. Each has values that it cannot
// encode, and others that come back different, which [Save] refuses: JSON, for
// instance, replaces what is not UTF-8 and makes a float64 of any number in an
// interface, and Gob drops pointers to zero.
var (
	JSON = Codec{"json", json.Marshal, json.Unmarshal}
	Gob  = Codec{"gob", marshalGob, unmarshalGob}
)

func (c Codec) check() error {
	switch {
	case c.Name == "":
		return errors.New("the codec has no name: it needs one")
	case len(c.Name) > maxCodecName:
		return fmt.Errorf("the codec's name is %d bytes long: use one of at most %d", len(c.Name), maxCodecName)
	case c.Marshal == nil || c.Unmarshal == nil:
		return fmt.Errorf("codec %q lacks a function: set Marshal and Unmarshal", c.Name)
	}
	return nil
}

// Save writes the live entries of s to w, as a stream: no more than 256 of them
// are in memory at a time. Others may use s meanwhile: every entry that is live
// for the whole call is saved as it was at some moment of the call. If s is
// closed before Save has read all of it, Save returns [ErrClosed].
//
// Save refuses an entry that would not come back equal, with an error that names
// its key. It finds out by decoding each block that it has encoded, unless K and V
// are types that JSON and Gob are known to keep: numbers, strings, and slices,
// arrays, maps and structs of them. A key has come back if it is == to what it
// was. A value has come back if reflect.DeepEqual says so, except that
//   - values of a type with a method Equal(T) bool, such as [time.Time], are
//     compared by it,
//   - nil and empty slices and maps are taken for the same, as Gob does,
//   - floats are compared by ==, but NaN equals NaN.
//
// Fields that the codec leaves out (unexported ones, or tagged `json:"-"`) must
// therefore be zero; give a type with others a method Equal.
func Save[K comparable, V any](w io.Writer, s Reader[K, V], codec Codec) error {
	if err := save(w, s, codec); err != nil {
		return fmt.Errorf("lastmodstore: snapshot not saved: %w", err)
	}
	return nil
}

func save[K comparable, V any](w io.Writer, s Reader[K, V], codec Codec) error {
	if err := codec.check(); err != nil {
		return err
	}
	if isClosed(s) {
		return ErrClosed
	}
	out := newSnapshotWriter[K, V](w, codec)
	if err := out.header(); err != nil {
		return err
	}
	for key, e := range snapshotEntries(s) {
		if err := out.add(key, e); err != nil {
			return err
		}
	}
	if isClosed(s) {
		return ErrClosed // and the loops may have ended early
	}
	return out.end()
}

// snapshotEntries yields the entries in the order of modification, so that
// loading them costs O(1) each, and then those again that may have been missed.
//
// Those are the ones modified later than the last that the first loop yielded:
// an entry that is live all the time and that the loop has not yielded was moved
// past the loop's end. (How that time relates to the clock says nothing, since
// Merge stores any time.)
func snapshotEntries[K comparable, V any](s Reader[K, V]) iter.Seq2[K, Entry[V]] {
	return func(yield func(K, Entry[V]) bool) {
		var last time.Time
		for key, e := range s.ModifiedSince(time.Time{}) {
			if e.LastModified.After(last) {
				last = e.LastModified
			}
			if !yield(key, e) {
				return
			}
		}
		for key, e := range s.All() {
			if e.LastModified.After(last) && !yield(key, e) {
				return
			}
		}
	}
}
