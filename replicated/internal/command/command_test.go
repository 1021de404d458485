package command

import (
	"bytes"
	"math"
	"testing"

	. "github.com/onsi/gomega"
)

var examples = []Command{
	{Op: Nop},
	{Op: Set, Key: []byte("key"), Value: []byte{}, TTL: -1},
	{Op: Set, Key: []byte{}, Value: []byte("value"), TTL: math.MaxInt64},
	{Op: SetMany, TTL: 5, Pairs: []Pair{{[]byte("a"), []byte("1")}, {[]byte{}, []byte{}}}},
	{Op: SetMany, Pairs: []Pair{}},
	{Op: SetUnmodified, Key: []byte("k"), Value: []byte("v"), Since: math.MinInt64},
	{Op: SetUnmodified, Key: []byte("k"), Value: []byte("v"), Absent: true},
	{Op: Add, Key: []byte("k"), Value: []byte{1}, TTL: 1},
	{Op: Touch, Key: []byte("k"), TTL: 1},
	{Op: Delete, Key: []byte("k")},
	{Op: GetAndDelete, Key: []byte("k")},
	{Op: DeleteUnmodified, Key: []byte("k"), Since: 7},
	{Op: DeleteUnmodified, Key: []byte("k"), Absent: true},
	{Op: Merge, Key: []byte("k"), Value: []byte("v"), TTL: 9, Modified: -1, Deadline: math.MaxInt64},
	{Op: Clear},
	{Op: Sweep, Limit: 1000},
	{Op: Saved, Limit: math.MaxUint64},
}

func TestEveryCommandComesBackEqual(t *testing.T) {
	g := NewWithT(t)
	var all []byte
	for i := range examples {
		all = Append(all, &examples[i])
	}
	for _, want := range examples {
		var got Command
		var err error
		got, all, err = Parse(all)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(got).To(Equal(want))
	}
	g.Expect(all).To(BeEmpty())
}

func TestEveryHeaderComesBackEqual(t *testing.T) {
	g := NewWithT(t)
	for _, want := range []Header{
		{Clock: -5, Session: math.MaxUint64, Number: 1 << 40, Floor: 7},
		{Clock: math.MaxInt64, Nonce: bytes.Repeat([]byte{3}, NonceLen), Machine: math.MaxUint64},
	} {
		data := AppendHeader(nil, want)
		g.Expect(len(data)).To(BeNumerically("<=", MaxHeaderLen))
		if want.Nonce == nil {
			data = append(data, "commands"...)
		}
		got, commands, err := ParseHeader(data)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(got).To(Equal(want))
		g.Expect(len(commands)).To(Equal(len(data) - len(AppendHeader(nil, want))))
	}
}

// A node that meets a version it does not know must not guess.
func TestAnotherVersionIsAnErrorOfItsOwn(t *testing.T) {
	g := NewWithT(t)
	_, _, err := ParseHeader([]byte{Version + 1, kindCommands, 0, 0, 0, 0})
	g.Expect(err).To(MatchError(ErrVersion))
	g.Expect(err).To(MatchError(ContainSubstring("upgrade")))
}

func TestTruncatedMessagesAreMalformed(t *testing.T) {
	g := NewWithT(t)
	for i := range examples {
		whole := Append(nil, &examples[i])
		for n := range whole {
			_, _, err := Parse(whole[:n])
			g.Expect(err).To(MatchError(ErrMalformed), "%d of %d bytes of %v", n, len(whole), examples[i])
		}
	}
	header := AppendHeader(nil, Header{Clock: 1, Nonce: make([]byte, NonceLen)})
	for n := range header {
		_, _, err := ParseHeader(header[:n])
		g.Expect(err).To(MatchError(ErrMalformed))
	}
	_, _, err := ParseHeader(append(header, 0))
	g.Expect(err).To(MatchError(ErrMalformed), "something behind a registration")
}

// Whatever is read without an error is written the same way again.
func FuzzParse(f *testing.F) {
	for i := range examples {
		f.Add(Append(nil, &examples[i]))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, rest, err := Parse(data)
		if err != nil {
			return
		}
		again, _, err := Parse(Append(nil, &c))
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		NewWithT(t).Expect(again).To(Equal(c))
		NewWithT(t).Expect(len(rest)).To(BeNumerically("<", len(data)))
	})
}
