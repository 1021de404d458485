package replica

import (
	"bufio"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"io"
	"maps"
	"slices"

	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/replicated/internal/codec"
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
