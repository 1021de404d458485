package replica

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"maps"
	"slices"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/replicated/internal/codec"
	"github.com/lastmodstore/lastmodstore/replicated/internal/wire"
)

// A snapshot is
//
//	magic     "lastmodlog\x01", of which the last byte is the version
//	position  ID of the log; types; sequence number, time, sum; the time of the state; the growth since a snapshot
//	table     last, merges, horizon; entries; removals; expired entries
//	sessions  the longest inactive first, with their results
//	checksum  CRC-32C of all of that, 4 bytes, big endian
//
// where numbers are varints or, if they cannot be negative, uvarints; keys and values
// are a uvarint length and the codec's bytes; and a list is a uvarint number of elements
// and then the elements.
const snapshotMagic = "lastmodlog\x01"

// ErrCorrupt is returned for data that is not a snapshot of the replica's types.
var ErrCorrupt = errors.New("corrupt snapshot")

// A Snapshot is a copy of a replica. It does not change any more, so it can be written
// while the replica continues.
type Snapshot[K comparable, V any] struct {
	LogID    string
	Position Position
	now      int64
	unsaved  Growth
	captured *table.Capture[K, V] // of a replica
	image    table.Image[K, V]    // that was read
	sessions []*session[V]
}

// Snapshot returns a copy of r. It may be called on any goroutine, and blocks the others
// only while it copies memory.
func (r *Replica[K, V]) Snapshot() *Snapshot[K, V] {
	c := &table.Capture[K, V]{}
	for {
		if s := r.snapshot(c); s != nil {
			return s
		}
		c.Reserve()
	}
}

// snapshot returns a copy of r, or nil if c has too little memory.
func (r *Replica[K, V]) snapshot(c *table.Capture[K, V]) *Snapshot[K, V] {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.shard.Capture(c) {
		return nil
	}
	s := &Snapshot[K, V]{LogID: r.LogID, Position: r.position, now: r.now, unsaved: r.unsaved, captured: c}
	s.sessions = make([]*session[V], 0, r.sessions.queued.Len())
	for e := r.sessions.queued.Front(); e != nil; e = e.Next() {
		of := *e.Value.(*session[V])
		of.results = maps.Clone(of.results)
		s.sessions = append(s.sessions, &of)
	}
	return s
}

// Restore makes r the replica of which s, which was read, is a copy. It must come from
// the same log.
func (r *Replica[K, V]) Restore(s *Snapshot[K, V]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.position, r.now, r.unsaved = s.Position, s.now, s.unsaved
	r.Line.Advance(r.now)
	r.shard.Restore(s.image)
	r.sessions = newSessions[V]()
	for _, of := range s.sessions {
		r.sessions.add(of)
	}
}

// Results returns the results of a message of a session, if they are remembered.
func (r *Replica[K, V]) Results(session, number uint64) ([]Result[V], bool) {
	return r.sessions.results(session, number)
}

// Write writes s to w. It may run concurrently with r.
func (r *Replica[K, V]) Write(w io.Writer, s *Snapshot[K, V]) error {
	out := &output{w: bufio.NewWriterSize(w, 64<<10), sum: crc32.New(castagnoli)}
	out.raw([]byte(snapshotMagic))
	out.bytes([]byte(s.LogID))
	out.bytes([]byte(r.types()))
	out.uvarint(s.Position.Seq)
	out.varint(s.Position.Time)
	out.uvarint(uint64(s.Position.Sum))
	out.varint(s.now)
	out.varint(s.unsaved.Commands)
	out.varint(s.unsaved.Bytes)
	r.writeTable(out, s.captured)
	r.writeSessions(out, s.sessions)
	return out.end()
}

// types names the encodings of keys and values.
func (r *Replica[K, V]) types() string { return r.keys.Name + " to " + r.values.Name }

func (r *Replica[K, V]) writeTable(out *output, c *table.Capture[K, V]) {
	out.varint(c.Rest.Last)
	out.varint(c.Rest.Merges)
	out.varint(c.Rest.Horizon)
	out.uvarint(uint64(c.Len))
	for e := range c.Entries() {
		r.writeEntry(out, &e)
	}
	out.uvarint(uint64(len(c.Rest.Removals)))
	for n := range c.Rest.Removals {
		removal := &c.Rest.Removals[n]
		out.varint(removal.At)
		out.uvarint(uint64(removal.Kind))
		r.writeEntry(out, &removal.ImageEntry)
	}
	out.uvarint(uint64(len(c.Rest.Expired)))
	for _, x := range c.Rest.Expired {
		encodeTo(out, r.keys, x.Key)
		out.varint(x.Modified)
	}
}

func (r *Replica[K, V]) writeEntry(out *output, e *table.ImageEntry[K, V]) {
	encodeTo(out, r.keys, e.Key)
	encodeTo(out, r.values, e.Value)
	out.varint(e.Deadline)
	out.varint(e.Modified)
	out.varint(e.EncodedTTL)
}

func encodeTo[T any](out *output, c codec.Codec[T], v T) {
	data, err := c.Append(out.data[:0], v)
	if err != nil {
		out.fail(err)
	}
	out.data = data
	out.bytes(data)
}

func (r *Replica[K, V]) writeSessions(out *output, all []*session[V]) {
	out.uvarint(uint64(len(all)))
	for _, of := range all {
		out.uvarint(of.id)
		out.uvarint(of.machine)
		out.varint(of.active)
		out.uvarint(of.floor)
		out.uvarint(uint64(len(of.results)))
		for _, number := range slices.Sorted(maps.Keys(of.results)) {
			results := of.results[number]
			out.uvarint(number)
			out.uvarint(uint64(len(results)))
			for _, result := range results {
				data, err := r.appendResult(out.data[:0], result)
				if err != nil {
					out.fail(err)
				}
				out.data = data
				out.raw(data)
			}
		}
	}
}

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

// An output writes the parts of a snapshot. After the first error it writes nothing.
type output struct {
	w   *bufio.Writer
	sum hash.Hash32
	err error
	buf []byte // reused for numbers

	data []byte // reused for keys, values and results
}

func (o *output) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

func (o *output) raw(b []byte) {
	if o.err != nil {
		return
	}
	o.sum.Write(b)
	_, o.err = o.w.Write(b)
}

func (o *output) varint(n int64) {
	o.buf = binary.AppendVarint(o.buf[:0], n)
	o.raw(o.buf)
}

func (o *output) uvarint(n uint64) {
	o.buf = binary.AppendUvarint(o.buf[:0], n)
	o.raw(o.buf)
}

func (o *output) bytes(b []byte) {
	o.uvarint(uint64(len(b)))
	o.raw(b)
}

func (o *output) end() error {
	if o.err != nil {
		return o.err
	}
	if _, err := o.w.Write(binary.BigEndian.AppendUint32(nil, o.sum.Sum32())); err != nil {
		return err
	}
	return o.w.Flush()
}
