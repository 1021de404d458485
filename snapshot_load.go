package lastmodstore

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

// Load merges what Save wrote into s and answers how many entries it stored:
// the last writer wins, LastModified and deadlines stay, what has expired
// meanwhile is dropped. It stops at the first error, which names the place:
// [ErrDamaged], with [io.ErrUnexpectedEOF] if the snapshot ends early, or what
// Merge answers. What precedes the place is loaded, nothing after it. It reads r
// in larger pieces, so perhaps beyond the snapshot's end.
func Load[K comparable, V any](r io.Reader, s Writer[K, V], codec Codec) (stored int, err error) {
	in := &snapshotReader{r: bufio.NewReader(r)}
	if err := in.header(codec); err != nil {
		return 0, err
	}
	for total := uint64(0); ; {
		payload, err := in.block(total)
		if payload == nil || err != nil {
			return stored, err
		}
		var records []snapshotRecord[K, V]
		if err := codec.Unmarshal(payload, &records); err != nil {
			return stored, in.damaged("its %s is not that of these types: %w", codec.Name, err)
		}
		for _, rec := range records {
			e := Entry[V]{rec.Value, rec.LastModified, rec.TTL, rec.ExpiresAt}
			ok, err := s.Merge(rec.Key, e)
			if err != nil {
				return stored, fmt.Errorf("lastmodstore: snapshot, entry %v in the block before byte %d: %w", rec.Key, in.offset, err)
			}
			if ok {
				stored++
			}
		}
		total += uint64(len(records))
	}
}

// A snapshotReader counts what it reads.
type snapshotReader struct {
	r      *bufio.Reader
	offset int64
}

func (in *snapshotReader) ReadByte() (byte, error) {
	b, err := in.r.ReadByte()
	if err == nil {
		in.offset++
	}
	return b, err
}

// bytes reads n bytes, without trust in n.
func (in *snapshotReader) bytes(n uint64) ([]byte, error) {
	var b bytes.Buffer
	read, err := io.CopyN(&b, in.r, int64(n))
	in.offset += read
	return b.Bytes(), err
}

func (in *snapshotReader) damaged(format string, args ...any) error {
	for _, arg := range args {
		if arg == io.EOF {
			return fmt.Errorf("%w: it ends early, at byte %d: %w", ErrDamaged, in.offset, io.ErrUnexpectedEOF)
		}
	}
	return fmt.Errorf("%w: before byte %d: %w", ErrDamaged, in.offset, fmt.Errorf(format, args...))
}

func (in *snapshotReader) header(codec Codec) error {
	start, err := in.bytes(uint64(len(magic)))
	if err != nil {
		return in.damaged("%w", err)
	}
	if string(start) != magic {
		return in.damaged("it does not begin as one of version %d does", magic[len(magic)-1])
	}
	n, err := binary.ReadUvarint(in)
	if err != nil {
		return in.damaged("length of the codec's name: %w", err)
	}
	if n > 1000 {
		return in.damaged("a codec's name of %d bytes", n)
	}
	name, err := in.bytes(n)
	if err != nil {
		return in.damaged("%w", err)
	}
	if string(name) != codec.Name {
		return fmt.Errorf("lastmodstore: the snapshot was saved by codec %q: load it by that, not by %q", name, codec.Name)
	}
	return nil
}

// block is the payload of the next block, or nil after the last one, which
// tells that there should have been so many records.
func (in *snapshotReader) block(total uint64) ([]byte, error) {
	n, err := binary.ReadUvarint(in)
	if err != nil {
		return nil, in.damaged("%w", err)
	}
	if n > maxBlockLen {
		return nil, in.damaged("a block of %d bytes", n)
	}
	if n > 0 {
		return in.summed(n)
	}
	end, err := in.summed(8)
	if err == nil && binary.BigEndian.Uint64(end) != total {
		err = in.damaged("%d entries of %d", total, binary.BigEndian.Uint64(end))
	}
	return nil, err
}

func (in *snapshotReader) summed(n uint64) ([]byte, error) {
	payload, err := in.bytes(n)
	if err != nil {
		return nil, in.damaged("%w", err)
	}
	sum, err := in.bytes(4)
	if err != nil {
		return nil, in.damaged("%w", err)
	}
	if binary.BigEndian.Uint32(sum) != crc32.Checksum(payload, castagnoli) {
		return nil, in.damaged("the checksum differs")
	}
	return payload, nil
}
