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
// LastModified, TTL (a varint) and ExpiresAt. LastModified and ExpiresAt are each a
// varint of Unix seconds and a uvarint of nanoseconds. The codec does not encode the
// times, so it cannot alter them.
const (
	magic        = "lastmod\x02"
	maxCodecName = 1000
	maxBlock     = 256     // entries
	targetBlock  = 1 << 20 // bytes; the block size that Save aims for
	blockSplit   = 1 << 24 // bytes; Save splits a larger block in two
	maxBody      = 1 << 30 // bytes; a larger entry cannot be saved
)

// ErrCorrupt is returned by [Load] for data that [Save] did not write.
var ErrCorrupt = errors.New("lastmodstore: corrupt snapshot")

// A Codec encodes and decodes the keys and values of a snapshot. Its name, of at most
// 1000 bytes, is written to the snapshot, and Load accepts only a codec of the same
// name.
//
// Marshal encodes a slice, which it must not keep, and Unmarshal decodes into a
// pointer to a nil slice of the same type. [Save] calls both. They run on the
// goroutine of the caller of Save or Load.
type Codec struct {
	Name      string
	Marshal   func(v any) ([]byte, error)
	Unmarshal func(data []byte, v any) error
}

// The codecs of packages [encoding/json] and [encoding/gob]. For each there are values
// that it cannot encode, and values that it decodes to something different; [Save]
// refuses both. For example, JSON replaces bytes that are not UTF-8 and turns any
// number in an interface into a float64, and Gob drops pointers to zero values.
var (
	JSON = Codec{"json", json.Marshal, json.Unmarshal}
	Gob  = Codec{"gob", marshalGob, unmarshalGob}
)

func (c Codec) check() error {
	switch {
	case c.Name == "":
		return errors.New("the codec has no name: set Name")
	case len(c.Name) > maxCodecName:
		return fmt.Errorf("the codec's name is %d bytes long: use one of at most %d", len(c.Name), maxCodecName)
	case c.Marshal == nil || c.Unmarshal == nil:
		return fmt.Errorf("codec %q lacks a function: set Marshal and Unmarshal", c.Name)
	}
	return nil
}

// Save writes the live entries of s to w. It streams them: at most 256 entries are in
// memory at a time. Other goroutines may use s meanwhile: every entry that is live
// for the whole call is saved, with a value it had during the call. If s is closed
// before Save has read all entries, Save returns [ErrClosed].
//
// Save refuses an entry that would not come back equal, with an error that names
// its key. To find out, it decodes each block that it has encoded, unless K and V
// are types that JSON and Gob are known to preserve: numbers, strings, and slices,
// arrays, maps and structs of them. Keys are compared by ==. Values are compared as
// by [reflect.DeepEqual], except that
//   - values of a type with a method Equal(T) bool, such as [time.Time], are
//     compared by that method,
//   - nil and empty slices and maps are equal, because Gob does not distinguish
//     them,
//   - floats are compared by ==, but NaN equals NaN.
//
// So fields that the codec leaves out (unexported fields, or fields tagged
// `json:"-"`) must be zero. If a type has such fields with other values, give it a
// method Equal.
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
		return ErrClosed // the loops may have ended early
	}
	return out.end()
}

// snapshotEntries yields the entries in the order of modification, so that loading
// them costs O(1) each. Then it yields, possibly again, the entries that the first
// loop may have missed.
//
// Those are the entries modified later than the last one that the first loop
// yielded: an entry that is live for the whole call and was not yielded has been
// moved past the end of that loop. (Comparing with the clock instead would not work,
// because Merge stores any time.)
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
