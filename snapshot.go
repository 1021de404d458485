package lastmodstore

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"os"
	"path/filepath"
	"time"
)

// A snapshot is a stream of
//
//	magic    "lastmod\x01", of which the last byte is the version
//	codec    uvarint length, name
//	blocks   uvarint length of the payload, at least 1; payload; CRC-32C of the
//	         payload, 4 bytes, big endian. A payload is a slice of at most
//	         256 records {Key, Value, LastModified, TTL, ExpiresAt}, by the codec
//	end      a 0 byte; the number of records, 8 bytes, big endian; their CRC-32C
const (
	magic       = "lastmod\x01"
	blockLen    = 256
	maxBlockLen = 1 << 30 // bytes; more is taken for damage
)

// ErrDamaged says that a snapshot is not what Save wrote.
var ErrDamaged = errors.New("lastmodstore: damaged snapshot")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A Codec writes the entries of a snapshot. Its name is written with them.
type Codec struct {
	Name      string
	Marshal   func(v any) ([]byte, error)
	Unmarshal func(data []byte, v any) error
}

// The codecs that are ready made. What they cannot write (a channel, a function,
// an unexported field) they leave out or refuse.
var (
	JSON = Codec{"json", json.Marshal, json.Unmarshal}
	Gob  = Codec{"gob", marshalGob, unmarshalGob}
)

func marshalGob(v any) ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(v)
	return b.Bytes(), err
}

func unmarshalGob(data []byte, v any) error { return gob.NewDecoder(bytes.NewReader(data)).Decode(v) }

type snapshotRecord[K comparable, V any] struct {
	Key          K
	Value        V
	LastModified time.Time
	TTL          time.Duration
	ExpiresAt    time.Time
}

// Save writes the live entries of s to w, in a stream: never more than a few
// hundred at a time are in memory. Others may write to s meanwhile: an entry
// that is live for the whole time is saved as it was at some moment of it.
func Save[K comparable, V any](w io.Writer, s Reader[K, V], codec Codec) error {
	out := snapshotWriter{w: bufio.NewWriter(w)}
	out.bytes([]byte(magic), binary.AppendUvarint(nil, uint64(len(codec.Name))), []byte(codec.Name))
	total := uint64(0)
	block := make([]snapshotRecord[K, V], 0, blockLen)
	flush := func() {
		if len(block) > 0 && out.err == nil {
			payload, err := codec.Marshal(block)
			out.fail(err)
			out.bytes(binary.AppendUvarint(nil, uint64(len(payload))))
			out.summed(payload)
			total += uint64(len(block))
			block = block[:0]
		}
	}
	for key, e := range everything(s) {
		block = append(block, snapshotRecord[K, V]{key, e.Value, e.LastModified, e.TTL, e.ExpiresAt})
		if len(block) == blockLen {
			flush()
		}
		if out.err != nil {
			return out.err
		}
	}
	flush()
	out.bytes([]byte{0})
	out.summed(binary.BigEndian.AppendUint64(nil, total))
	if out.err != nil {
		return out.err
	}
	return out.w.Flush()
}

// everything yields all entries in the order of modification, so that loading
// them is quick, and then those again that changed meanwhile and may have been
// missed.
func everything[K comparable, V any](s Reader[K, V]) iter.Seq2[K, Entry[V]] {
	return func(yield func(K, Entry[V]) bool) {
		began := time.Now()
		for key, e := range s.ModifiedSince(time.Time{}) {
			if !yield(key, e) {
				return
			}
		}
		for key, e := range s.All() {
			if !e.LastModified.Before(began) && !yield(key, e) {
				return
			}
		}
	}
}

// A snapshotWriter writes until the first error.
type snapshotWriter struct {
	w   *bufio.Writer
	err error
}

func (w *snapshotWriter) fail(err error) {
	if w.err == nil && err != nil {
		w.err = fmt.Errorf("lastmodstore: snapshot not saved: %w", err)
	}
}

func (w *snapshotWriter) bytes(parts ...[]byte) {
	for _, p := range parts {
		if w.err == nil {
			_, err := w.w.Write(p)
			w.fail(err)
		}
	}
}

func (w *snapshotWriter) summed(payload []byte) {
	w.bytes(payload, binary.BigEndian.AppendUint32(nil, crc32.Checksum(payload, castagnoli)))
}

// SaveFile saves s in a file of its own beside path and then renames it: path
// holds the old snapshot or the new one, whole, whatever happens.
func SaveFile[K comparable, V any](path string, s Reader[K, V], codec Codec) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("lastmodstore: snapshot not saved: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := Save(f, s, codec); err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("lastmodstore: snapshot not saved: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("lastmodstore: snapshot not saved: %w", err)
	}
	return nil
}

// LoadFile loads the snapshot in the file at path: see [Load].
func LoadFile[K comparable, V any](path string, s Writer[K, V], codec Codec) (stored int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("lastmodstore: snapshot not loaded: %w", err)
	}
	defer f.Close()
	return Load(f, s, codec)
}
