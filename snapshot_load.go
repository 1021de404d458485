package lastmodstore

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"reflect"
	"time"
)

// Load merges the entries of a snapshot into s and returns how many it stored. They
// keep their LastModified, TTL and deadline. As with any Merge, the last writer wins,
// and entries that have expired meanwhile are not stored.
//
// Load stops at the first error. The message gives the position in bytes, and the
// error is
//   - [ErrCorrupt] if the data is not a snapshot of such keys and values, wrapped
//     together with [io.ErrUnexpectedEOF] if it ends too early,
//   - the error of r if reading fails,
//   - the error of Merge, with the key: [ErrClosed], [ErrFull], or [ErrClockSkew]
//     if the clock has been set back by more than a minute since the entry was
//     modified.
//
// In any case, everything before that position has been merged, in the order of
// modification, and stays in s; nothing after it has. Loading again is harmless.
//
// Load may read beyond the end of the snapshot unless r is a [bufio.Reader].
func Load[K comparable, V any](r io.Reader, s Writer[K, V], codec Codec) (stored int, err error) {
	if err := codec.check(); err != nil {
		return 0, fmt.Errorf("lastmodstore: snapshot not loaded: %w", err)
	}
	in := &snapshotReader{r: bufio.NewReader(r)}
	if err := in.header(codec); err != nil {
		return 0, err
	}
	for total := uint64(0); ; {
		body, err := in.block(total)
		if body == nil || err != nil {
			return stored, err
		}
		pairs, times, err := decodeBlock[K, V](codec, body)
		if err != nil {
			return stored, in.corrupt(err)
		}
		n, err := mergeBlock(s, pairs, times)
		stored += n
		if err != nil {
			return stored, fmt.Errorf("lastmodstore: snapshot not fully loaded: block before byte %d: %w", in.offset, err)
		}
		total += uint64(len(pairs))
	}
}

func mergeBlock[K comparable, V any](s Writer[K, V], pairs []snapshotPair[K, V], times []snapshotTimes) (stored int, err error) {
	for i, p := range pairs {
		ok, err := s.Merge(p.Key, Entry[V]{p.Value, times[i].lastModified, times[i].ttl, times[i].expiresAt})
		if err != nil {
			return stored, fmt.Errorf("entry %s: %w", quoteKey(p.Key), err)
		}
		if ok {
			stored++
		}
	}
	return stored, nil
}

func decodeBlock[K comparable, V any](codec Codec, body []byte) ([]snapshotPair[K, V], []snapshotTimes, error) {
	times, payload, ok := cutTimes(body)
	if !ok {
		return nil, nil, errors.New("a block without the times of its entries")
	}
	var pairs []snapshotPair[K, V]
	if err := codec.Unmarshal(payload, &pairs); err != nil {
		return nil, nil, fmt.Errorf("its %s does not decode to such keys and values: %w", codec.Name, err)
	}
	if len(pairs) != len(times) {
		return nil, nil, fmt.Errorf("a block of %d entries with the times of %d", len(pairs), len(times))
	}
	for i := range pairs {
		if key := reflect.ValueOf(&pairs[i].Key).Elem(); !key.Comparable() {
			return nil, nil, fmt.Errorf("an unhashable key: %s", quoteKey(pairs[i].Key))
		}
	}
	return pairs, times, nil
}

// cutTimes splits the body of a block into the times of its entries and the codec's
// payload.
func cutTimes(body []byte) (times []snapshotTimes, payload []byte, ok bool) {
	b := bytes.NewReader(body)
	n, err := binary.ReadUvarint(b)
	if err != nil || n == 0 || n > maxBlock {
		return nil, nil, false
	}
	times = make([]snapshotTimes, n)
	for i := range times {
		modified, err1 := readTime(b)
		ttl, err2 := binary.ReadVarint(b)
		expires, err3 := readTime(b)
		if errors.Join(err1, err2, err3) != nil {
			return nil, nil, false
		}
		times[i] = snapshotTimes{modified, time.Duration(ttl), expires}
	}
	return times, body[len(body)-b.Len():], true
}

func readTime(b *bytes.Reader) (time.Time, error) {
	seconds, err := binary.ReadVarint(b)
	if err != nil {
		return time.Time{}, err
	}
	nanos, err := binary.ReadUvarint(b)
	if err == nil && nanos >= uint64(time.Second) {
		err = errors.New("a time with more than 999999999 nanoseconds")
	}
	return time.Unix(seconds, int64(nanos)).UTC(), err
}

// A snapshotReader reads the parts of a snapshot and counts the bytes.
type snapshotReader struct {
	r      *bufio.Reader
	offset int64
	err    error // the last error of r
}

// ReadByte implements [io.ByteReader].
func (in *snapshotReader) ReadByte() (byte, error) {
	b, err := in.r.ReadByte()
	if err != nil {
		in.err = err
		return 0, err
	}
	in.offset++
	return b, nil
}

// bytes reads n bytes. It allocates memory in proportion to the bytes that r provides,
// not to n.
func (in *snapshotReader) bytes(n uint64) ([]byte, error) {
	var b bytes.Buffer
	read, err := io.CopyN(&b, in.r, int64(n))
	in.offset += read
	in.err = err
	return b.Bytes(), in.failed(err)
}

func (in *snapshotReader) uvarint() (uint64, error) {
	n, err := binary.ReadUvarint(in)
	return n, in.failed(err)
}

// failed returns the error that Load returns for err, an error of reading.
func (in *snapshotReader) failed(err error) error {
	switch {
	case err == nil:
		return nil
	case in.err == nil: // a varint that is too long
		return in.corrupt(err)
	case errors.Is(in.err, io.EOF) || errors.Is(in.err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: it ends too early, at byte %d: %w", ErrCorrupt, in.offset, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("lastmodstore: snapshot not fully loaded: reading at byte %d: %w", in.offset, in.err)
}

func (in *snapshotReader) corrupt(err error) error {
	return fmt.Errorf("%w: before byte %d: %w", ErrCorrupt, in.offset, err)
}

func (in *snapshotReader) header(codec Codec) error {
	start, err := in.bytes(uint64(len(magic)))
	if err != nil {
		return err
	}
	if string(start) != magic {
		return in.corrupt(fmt.Errorf("it does not begin like a snapshot of version %d", magic[len(magic)-1]))
	}
	n, err := in.uvarint()
	if err != nil {
		return err
	}
	if n > maxCodecName {
		return in.corrupt(fmt.Errorf("the codec's name has %d bytes", n))
	}
	name, err := in.bytes(n)
	if err != nil {
		return err
	}
	if string(name) != codec.Name {
		return fmt.Errorf("lastmodstore: snapshot not loaded: it was saved by codec %q: load it with that codec, not with %q", name, codec.Name)
	}
	return nil
}

// block returns the body of the next block. After the last block it returns nil, and an
// error unless the snapshot records total entries.
func (in *snapshotReader) block(total uint64) ([]byte, error) {
	n, err := in.uvarint()
	if err != nil {
		return nil, err
	}
	if n > maxBody {
		return nil, in.corrupt(fmt.Errorf("a block of %d bytes, which is too large", n))
	}
	if n > 0 {
		return in.checksummed(n)
	}
	end, err := in.checksummed(8)
	if err != nil {
		return nil, err
	}
	if saved := binary.BigEndian.Uint64(end); saved != total {
		return nil, in.corrupt(fmt.Errorf("it has %d entries instead of %d", total, saved))
	}
	return nil, nil
}

// checksummed reads n bytes and their checksum.
func (in *snapshotReader) checksummed(n uint64) ([]byte, error) {
	b, err := in.bytes(n)
	if err != nil {
		return nil, err
	}
	sum, err := in.bytes(4)
	if err != nil {
		return nil, err
	}
	if binary.BigEndian.Uint32(sum) != crc32.Checksum(b, castagnoli) {
		return nil, in.corrupt(errors.New("the checksum does not match"))
	}
	return b, nil
}
