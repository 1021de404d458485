package lastmodstore_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"testing"
	"testing/iotest"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// small returns a snapshot of several blocks, in which each key is its value as text.
func small(t testing.TB, codec lastmodstore.Codec) []byte {
	s := mutexstore.New[string, []int](0)
	defer s.Close()
	for i := range 600 {
		s.Set(fmt.Sprint(i), []int{i}, 0)
	}
	var b bytes.Buffer
	if err := lastmodstore.Save(&b, s, codec); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// ends are the numbers of entries up to the end of each block of small.
var ends = []any{0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 600}

func TestTruncatedSnapshotLoadsWholeBlocks(t *testing.T) {
	g := NewWithT(t)
	whole := small(t, lastmodstore.Gob)
	last, cuts := 0, []int{}
	for n := 0; n < len(whole); n += 1 + len(whole)/500 {
		cuts = append(cuts, n)
	}
	for _, n := range append(cuts, len(whole)-1) {
		s := mutexstore.New[string, []int](0)
		stored, err := lastmodstore.Load(bytes.NewReader(whole[:n]), s, lastmodstore.Gob)
		g.Expect(err).To(MatchError(lastmodstore.ErrCorrupt), "cut at %d", n)
		g.Expect(errors.Is(err, io.ErrUnexpectedEOF)).To(BeTrue(), "cut at %d: %v", n, err)
		g.Expect(err.Error()).To(ContainSubstring(fmt.Sprint("at byte ", n)))
		g.Expect(stored).To(BeElementOf(ends...))
		g.Expect(stored).To(BeNumerically(">=", last))
		g.Expect(s.Len()).To(Equal(stored))
		last = stored
		s.Close()
	}
	g.Expect(last).To(Equal(600))
}

func TestCorruptSnapshotIsDetected(t *testing.T) {
	g := NewWithT(t)
	whole := small(t, lastmodstore.JSON)
	for n := 0; n < len(whole); n += 1 + len(whole)/1000 {
		corrupt := bytes.Clone(whole)
		corrupt[n] ^= 0x10
		s := mutexstore.New[string, []int](0)
		_, err := lastmodstore.Load(bytes.NewReader(corrupt), s, lastmodstore.JSON)
		g.Expect(err).To(HaveOccurred(), "byte %d", n)
		for key, e := range s.All() {
			g.Expect(fmt.Sprint(e.Value)).To(Equal("["+key+"]"), "byte %d", n)
		}
		s.Close()
	}
}

// A reader that fails does not mean that the data is corrupt.
func TestLoadReturnsTheErrorOfTheReader(t *testing.T) {
	g := NewWithT(t)
	whole := small(t, lastmodstore.Gob)
	for n := 0; n < len(whole); n += 1 + len(whole)/300 {
		for _, failure := range []error{context.DeadlineExceeded, io.ErrClosedPipe, errors.New("canceled"), io.ErrNoProgress} {
			r := io.MultiReader(bytes.NewReader(whole[:n]), iotest.ErrReader(failure))
			s := mutexstore.New[string, []int](0)
			stored, err := lastmodstore.Load(r, s, lastmodstore.Gob)
			g.Expect(err).To(MatchError(failure), "at %d", n)
			g.Expect(err).NotTo(MatchError(lastmodstore.ErrCorrupt), "at %d", n)
			g.Expect(err.Error()).To(ContainSubstring(fmt.Sprint("reading at byte ", n)))
			g.Expect(s.Len()).To(Equal(stored))
			s.Close()
		}
	}
	for _, r := range []io.Reader{iotest.OneByteReader(bytes.NewReader(whole)), iotest.DataErrReader(bytes.NewReader(whole))} {
		s := mutexstore.New[string, []int](0)
		g.Expect(lastmodstore.Load(r, s, lastmodstore.Gob)).To(Equal(600))
		s.Close()
	}
}

func TestSnapshotsMayFollowOneAnother(t *testing.T) {
	g := NewWithT(t)
	r := bufio.NewReader(bytes.NewReader(append(small(t, lastmodstore.Gob), small(t, lastmodstore.JSON)...)))
	for _, codec := range []lastmodstore.Codec{lastmodstore.Gob, lastmodstore.JSON} {
		s := mutexstore.New[string, []int](0)
		g.Expect(lastmodstore.Load(r, s, codec)).To(Equal(600))
		s.Close()
	}
	g.Expect(io.ReadAll(r)).To(BeEmpty())
}

func TestLoadErrorsSayWhatToDo(t *testing.T) {
	g := NewWithT(t)
	s := mutexstore.New[string, []int](0)
	_, err := lastmodstore.Load(bytes.NewReader(small(t, lastmodstore.JSON)), s, lastmodstore.Gob)
	g.Expect(err).To(MatchError(ContainSubstring(`saved by codec "json": load it with that codec`)))
	g.Expect(err).NotTo(MatchError(lastmodstore.ErrCorrupt))
	_, err = lastmodstore.Load(bytes.NewReader([]byte("#!/bin/sh and so on")), s, lastmodstore.Gob)
	g.Expect(err).To(MatchError(lastmodstore.ErrCorrupt))
	g.Expect(s.Close()).To(Succeed())
	stored, err := lastmodstore.Load(bytes.NewReader(small(t, lastmodstore.JSON)), s, lastmodstore.JSON)
	g.Expect(err).To(MatchError(lastmodstore.ErrClosed))
	g.Expect(err).To(MatchError(ContainSubstring(`entry "0"`)))
	g.Expect(stored).To(BeZero())
	full := mutexstore.New[string, []int](0, lastmodstore.MaxEntries(100), lastmodstore.RejectWhenFull())
	defer full.Close()
	stored, err = lastmodstore.Load(bytes.NewReader(small(t, lastmodstore.JSON)), full, lastmodstore.JSON)
	g.Expect(err).To(MatchError(lastmodstore.ErrFull))
	g.Expect(err).To(MatchError(ContainSubstring(`entry "100"`)))
	g.Expect(stored).To(Equal(100))
}

// crafted returns a snapshot with the given body and correct checksums.
func crafted(total uint64, body string) []byte {
	sum := func(p []byte) []byte {
		return binary.BigEndian.AppendUint32(p, crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli)))
	}
	b := binary.AppendUvarint([]byte("lastmod\x02\x04json"), uint64(len(body)))
	b = append(append(b, sum([]byte(body))...), 0)
	return append(b, sum(binary.BigEndian.AppendUint64(nil, total))...)
}

func TestSnapshotThatSaveNeverWroteIsCorrupt(t *testing.T) {
	g := NewWithT(t)
	const times = "\x02\x03\x00\x00\x00" // 1 s and 3 ns, no TTL, the epoch
	s := mutexstore.New[any, int](0)
	defer s.Close()
	load := func(total uint64, body string) error {
		_, err := lastmodstore.Load(bytes.NewReader(crafted(total, body)), s, lastmodstore.JSON)
		return err
	}
	g.Expect(load(1, "\x01"+times+`[{"Key":"a","Value":1}]`)).To(Succeed())
	for want, err := range map[string]error{
		"1 entries instead":    load(2, "\x01"+times+`[{"Key":"a","Value":1}]`),
		"without the times":    load(1, "\x01\x02\x03"),
		"times of its entries": load(0, "\x00[]"),
		"block without":        load(1, "\xff\x7f"+times),
		"of its entries":       load(1, "\x01\x00\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x00\x00\x00[]"),
		"2 entries with":       load(2, "\x01"+times+`[{"Key":"a"},{"Key":"b"}]`),
		"its json does not":    load(1, "\x01"+times),
		"unhashable key":       load(1, "\x01"+times+`[{"Key":["a"]}]`),
	} {
		g.Expect(err).To(MatchError(lastmodstore.ErrCorrupt), want)
		g.Expect(err).To(MatchError(ContainSubstring(want)))
		g.Expect(err).NotTo(MatchError(io.ErrUnexpectedEOF), want)
	}
	header := "lastmod\x02\x04json"
	for _, data := range []string{
		"lastmod\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", // a varint of 70 bits
		"lastmod\x02\xe9\x07",               // a name of 1001 bytes
		header + "\xff\xff\xff\xff\xff\x7f", // a block of 4 TB
	} {
		_, err := lastmodstore.Load(bytes.NewReader([]byte(data)), s, lastmodstore.JSON)
		g.Expect(err).To(MatchError(lastmodstore.ErrCorrupt), "%q", data)
		g.Expect(err).NotTo(MatchError(io.ErrUnexpectedEOF), "%q", data)
	}
}

// FuzzLoad loads data as a snapshot, and as the body of one with correct checksums.
func FuzzLoad(f *testing.F) {
	for _, codec := range codecs {
		b, err := saved(codec, "a", []int{1})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte("\x01\x02\x03\x00\x00\x00" + `[{"Key":"a","Value":[1]}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := mutexstore.New[string, []int](0)
		defer s.Close()
		total := 0
		for _, snapshot := range [][]byte{data, crafted(1, string(data))} {
			for _, codec := range codecs {
				stored, err := lastmodstore.Load(bytes.NewReader(snapshot), s, codec)
				if total += stored; s.Len() > total || err == nil && stored > len(data) {
					t.Fatal(s.Len(), total, err)
				}
			}
		}
	})
}
