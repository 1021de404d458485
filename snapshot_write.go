package lastmodstore

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"reflect"
	"time"
)

// A snapshotPair is the part of an entry that the codec encodes.
type snapshotPair[K comparable, V any] struct {
	Key   K
	Value V
}

// snapshotTimes is the part of an entry that is encoded without the codec.
type snapshotTimes struct {
	lastModified time.Time
	ttl          time.Duration
	expiresAt    time.Time
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A snapshotWriter collects entries and writes them in blocks.
type snapshotWriter[K comparable, V any] struct {
	w     *bufio.Writer
	codec Codec
	kept  keptBy // when decoding the encoded values can be skipped
	equal comparer

	pairs []snapshotPair[K, V] // the next block
	times []snapshotTimes      // of pairs
	size  int                  // number of entries of the next block
	total uint64               // number of entries written

	head []byte // of the block being written: the number of entries and their times
}

func newSnapshotWriter[K comparable, V any](w io.Writer, codec Codec) *snapshotWriter[K, V] {
	return &snapshotWriter[K, V]{
		w:     bufio.NewWriter(w),
		codec: codec,
		kept:  codecKeeps[K, V](codec),
		size:  1,
	}
}

func (w *snapshotWriter[K, V]) header() error {
	b := binary.AppendUvarint([]byte(magic), uint64(len(w.codec.Name)))
	_, err := w.w.Write(append(b, w.codec.Name...))
	return err
}

func (w *snapshotWriter[K, V]) add(key K, e Entry[V]) error {
	if err := checkMergeable(key, e); err != nil {
		return fmt.Errorf("entry %s: %w", quoteKey(key), err)
	}
	w.pairs = append(w.pairs, snapshotPair[K, V]{key, e.Value})
	w.times = append(w.times, snapshotTimes{e.LastModified, e.TTL, e.ExpiresAt})
	if len(w.pairs) < w.size {
		return nil
	}
	return w.flush()
}

// checkMergeable returns the error that Merge would return for an entry. Only the
// entries of stores outside this module can have one.
func checkMergeable[K comparable, V any](key K, e Entry[V]) error {
	switch {
	case key != key: //nolint:staticcheck // NaN
		return ErrInvalidKey
	case e.TTL < 0 && !e.ExpiresAt.IsZero():
		return ErrInvalidTTL
	}
	return nil
}

// flush writes the collected entries. It doubles the number of entries per block while
// the blocks stay below the target size, so that large values are encoded a few at a
// time.
func (w *snapshotWriter[K, V]) flush() error {
	n, err := w.put(w.pairs, w.times)
	if err != nil {
		return err
	}
	if n > 0 {
		w.size = max(1, min(2*w.size, maxBlock, len(w.pairs)*targetBlock/n))
	}
	clear(w.pairs) // do not hold values for longer than needed
	w.pairs, w.times = w.pairs[:0], w.times[:0]
	return nil
}

// put writes the entries as one block, or as several if they cannot be encoded as one,
// and returns the number of bytes. If a single entry cannot be encoded, the error
// names its key.
func (w *snapshotWriter[K, V]) put(pairs []snapshotPair[K, V], times []snapshotTimes) (bytes int, err error) {
	if len(pairs) == 0 {
		return 0, nil
	}
	payload, err := w.encode(pairs, times)
	if err == nil {
		return len(payload), w.write(payload, len(pairs))
	}
	if len(pairs) == 1 {
		return 0, fmt.Errorf("entry %s: %w", quoteKey(pairs[0].Key), err)
	}
	half := len(pairs) / 2
	first, err := w.put(pairs[:half], times[:half])
	if err != nil {
		return 0, err
	}
	second, err := w.put(pairs[half:], times[half:])
	return first + second, err
}

// encode returns the payload of a block, and stores what precedes it in w.head.
func (w *snapshotWriter[K, V]) encode(pairs []snapshotPair[K, V], times []snapshotTimes) ([]byte, error) {
	payload, err := w.codec.Marshal(pairs)
	if err != nil {
		return nil, err
	}
	w.head = binary.AppendUvarint(w.head[:0], uint64(len(pairs)))
	for _, t := range times {
		w.head = t.append(w.head)
	}
	limit := blockSplit
	if len(pairs) == 1 {
		limit = maxBody
	}
	if n := len(w.head) + len(payload); n > limit {
		return nil, fmt.Errorf("too large: %d bytes where at most %d fit", n, limit)
	}
	if w.kept.asEncoded(payload) {
		return payload, nil
	}
	return payload, w.verify(pairs, bytes.Clone(payload)) // Unmarshal may modify its argument
}

// verify returns an error unless payload decodes to pairs.
func (w *snapshotWriter[K, V]) verify(pairs []snapshotPair[K, V], payload []byte) error {
	var back []snapshotPair[K, V]
	if err := w.codec.Unmarshal(payload, &back); err != nil {
		return fmt.Errorf("codec %q cannot decode what it encoded: %w", w.codec.Name, err)
	}
	if len(back) != len(pairs) {
		return fmt.Errorf("codec %q decodes %d entries where it encoded %d", w.codec.Name, len(back), len(pairs))
	}
	for i, want := range pairs {
		if back[i].Key != want.Key {
			return fmt.Errorf("codec %q alters the key: it comes back as %s: use another codec or type of key", w.codec.Name, quoteKey(back[i].Key))
		}
		if where, ok := w.equal.values(&want.Value, &back[i].Value); !ok {
			return fmt.Errorf("codec %q alters the value: Value%s comes back different: use another codec, or give its type a method Equal", w.codec.Name, where)
		}
	}
	return nil
}

// write writes a block that consists of w.head and payload.
func (w *snapshotWriter[K, V]) write(payload []byte, entries int) error {
	w.total += uint64(entries)
	length := binary.AppendUvarint(nil, uint64(len(w.head)+len(payload)))
	if _, err := w.w.Write(length); err != nil {
		return err
	}
	return w.checksummed(w.head, payload)
}

// checksummed writes parts and their checksum.
func (w *snapshotWriter[K, V]) checksummed(parts ...[]byte) error {
	sum := uint32(0)
	for _, p := range parts {
		sum = crc32.Update(sum, castagnoli, p)
		if _, err := w.w.Write(p); err != nil {
			return err
		}
	}
	_, err := w.w.Write(binary.BigEndian.AppendUint32(nil, sum))
	return err
}

// end writes the remaining entries and the end of the snapshot.
func (w *snapshotWriter[K, V]) end() error {
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.w.WriteByte(0); err != nil {
		return err
	}
	if err := w.checksummed(binary.BigEndian.AppendUint64(nil, w.total)); err != nil {
		return err
	}
	return w.w.Flush()
}

func (t snapshotTimes) append(b []byte) []byte {
	b = appendTime(b, t.lastModified)
	b = binary.AppendVarint(b, int64(t.ttl))
	return appendTime(b, t.expiresAt)
}

func appendTime(b []byte, t time.Time) []byte {
	return binary.AppendUvarint(binary.AppendVarint(b, t.Unix()), uint64(t.Nanosecond()))
}

// quoteKey formats a key for an error message. It shortens a long one.
func quoteKey(key any) string {
	const limit = 200
	if v := reflect.ValueOf(key); v.Kind() == reflect.String {
		if s := v.String(); len(s) > limit {
			return fmt.Sprintf("%q...", s[:limit])
		}
		return fmt.Sprintf("%q", v.String())
	}
	s := fmt.Sprintf("%+v", key)
	if len(s) > limit {
		return s[:limit] + "..."
	}
	return s
}
