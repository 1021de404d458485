package replica

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/replicated/internal/wire"
)

// ErrCorrupt is returned for data that is not a snapshot of the replica's types.
var ErrCorrupt = errors.New("corrupt snapshot")

// Read reads a snapshot from in. It changes nothing.
func (r *Replica[K, V]) Read(in io.Reader) (s *Snapshot[K, V], err error) {
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	end := len(data) - crc32.Size
	if end < len(snapshotMagic) || string(data[:len(snapshotMagic)]) != snapshotMagic {
		return nil, fmt.Errorf("%w: it does not begin like one", ErrCorrupt)
	}
	if crc32.Checksum(data[:end], castagnoli) != binary.BigEndian.Uint32(data[end:]) {
		return nil, fmt.Errorf("%w: its checksum is wrong", ErrCorrupt)
	}
	from := &wire.Reader{Rest: data[len(snapshotMagic):end]}
	id := string(from.Bytes())
	if types := string(from.Bytes()); types != r.types() {
		return nil, fmt.Errorf("%w: it holds %s, not %s", ErrCorrupt, types, r.types())
	}
	s = &Snapshot[K, V]{LogID: id, Position: Position{from.Uvarint(), from.Varint(), uint32(from.Uvarint())}, now: from.Varint(), unsaved: Growth{from.Varint(), from.Varint()}}
	r.readTable(from, &s.image)
	s.sessions = r.readSessions(from)
	if from.Failed || len(from.Rest) > 0 {
		return nil, ErrCorrupt
	}
	return s, nil
}

func (r *Replica[K, V]) readTable(in *wire.Reader, i *table.Image[K, V]) {
	i.Last, i.Merges, i.Horizon = in.Varint(), in.Varint(), in.Varint()
	i.Entries = make([]table.ImageEntry[K, V], in.Len(1))
	for n := range i.Entries {
		i.Entries[n] = r.readEntry(in)
	}
	i.Removals = make([]table.ImageRemoval[K, V], in.Len(1))
	for n := range i.Removals {
		i.Removals[n] = table.ImageRemoval[K, V]{At: in.Varint(), Kind: lastmodstore.EventKind(in.Uvarint()), ImageEntry: r.readEntry(in)}
	}
	i.Expired = make([]table.ImageExpired[K], in.Len(1))
	for n := range i.Expired {
		i.Expired[n] = table.ImageExpired[K]{Key: decodeFrom(in, r.keys.Decode), Modified: in.Varint()}
	}
}

func (r *Replica[K, V]) readEntry(in *wire.Reader) table.ImageEntry[K, V] {
	return table.ImageEntry[K, V]{
		Key:        decodeFrom(in, r.keys.Decode),
		Value:      decodeFrom(in, r.values.Decode),
		ImageTimes: table.ImageTimes{Deadline: in.Varint(), Modified: in.Varint(), EncodedTTL: in.Varint()},
	}
}

func decodeFrom[T any](in *wire.Reader, decode func([]byte) (T, error)) (v T) {
	data := in.Bytes()
	if in.Failed {
		return v
	}
	v, err := decode(data)
	if err != nil {
		in.Fail()
	}
	return v
}

func (r *Replica[K, V]) readSessions(in *wire.Reader) []*session[V] {
	all := make([]*session[V], in.Len(1))
	for i := range all {
		of := &session[V]{id: in.Uvarint(), machine: in.Uvarint(), active: in.Varint(), floor: in.Uvarint()}
		n := in.Len(1)
		of.results = make(map[uint64][]Result[V], n)
		for range n {
			number := in.Uvarint()
			results := make([]Result[V], in.Len(1))
			for k := range results {
				results[k] = r.readResult(in)
			}
			of.results[number] = results
		}
		all[i] = of
	}
	return all
}
