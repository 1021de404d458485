// Package command defines what the log of a replicated store contains: messages, each
// of which holds one or more commands of one session.
//
// A message is
//
//	version   1 byte
//	kind      1 byte: registration or commands
//	clock     varint: the writer's clock, in Unix nanoseconds
//
// and then, of a registration, a nonce of 16 bytes, by which its writer recognizes it,
// and a uvarint that identifies its machine; or, of commands,
//
//	session   uvarint: the sequence number of the session's registration
//	number    uvarint: of this message in its session, from 1
//	floor     uvarint: the writer waits for no message with a lower number
//	commands  until the end
//
// A command is a byte for its operation and then that operation's operands. Keys and
// values are opaque here: a uvarint length and that many bytes.
package command

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/lastmodstore/lastmodstore/replicated/internal/wire"
)

// Version is the version of messages that this package reads and writes.
const Version = 1

// NonceLen is the length of a registration's nonce.
const NonceLen = 16

const (
	kindRegistration = 1
	kindCommands     = 2
)

var (
	// ErrVersion is returned for a message of a version that is not known. It must
	// not be skipped: nodes that know the version apply it.
	ErrVersion = errors.New("message of an unknown version")

	// ErrMalformed is returned for a message that Append of this package did not write.
	ErrMalformed = errors.New("malformed message")
)

// A Header is the part of a message in front of its commands.
type Header struct {
	Clock int64

	Nonce   []byte // of a registration; otherwise nil
	Machine uint64 // of a registration: on which the writer runs

	Session uint64
	Number  uint64
	Floor   uint64
}

// AppendHeader appends the encoding of h to b.
func AppendHeader(b []byte, h Header) []byte {
	if h.Nonce != nil {
		b = append(b, Version, kindRegistration)
		b = binary.AppendVarint(b, h.Clock)
		return binary.AppendUvarint(append(b, h.Nonce...), h.Machine)
	}
	b = append(b, Version, kindCommands)
	b = binary.AppendVarint(b, h.Clock)
	b = binary.AppendUvarint(b, h.Session)
	b = binary.AppendUvarint(b, h.Number)
	return binary.AppendUvarint(b, h.Floor)
}

// MaxHeaderLen is the maximum length of a header.
const MaxHeaderLen = 2 + 4*binary.MaxVarintLen64 + NonceLen

// ParseHeader returns the header of a message and the commands behind it.
func ParseHeader(message []byte) (h Header, commands []byte, err error) {
	if len(message) < 2 {
		return h, nil, ErrMalformed
	}
	if v := message[0]; v != Version {
		return h, nil, fmt.Errorf("%w: %d; this program knows version %d: upgrade it", ErrVersion, v, Version)
	}
	r := wire.Reader{Rest: message[2:]}
	h.Clock = r.Varint()
	switch message[1] {
	case kindRegistration:
		h.Nonce, h.Machine = r.Take(NonceLen), r.Uvarint()
		if len(r.Rest) > 0 {
			r.Failed = true
		}
	case kindCommands:
		h.Session, h.Number, h.Floor = r.Uvarint(), r.Uvarint(), r.Uvarint()
	default:
		r.Failed = true
	}
	if r.Failed {
		return Header{}, nil, ErrMalformed
	}
	return h, r.Rest, nil
}

// An Op is the operation of a command.
type Op uint8

// The operations. Their numbers are part of the format.
const (
	Nop              Op = iota + 1 // changes nothing: its result shows that all before it was applied
	Set                            // key, value, TTL
	SetMany                        // TTL, pairs
	SetUnmodified                  // SetIfUnmodifiedSince: key, value, TTL, since
	Add                            // key, value, TTL
	Touch                          // key, TTL
	Delete                         // key
	GetAndDelete                   // key
	DeleteUnmodified               // DeleteIfUnmodifiedSince: key, since
	Merge                          // key, value, TTL, modified, deadline
	Clear                          // nothing
	Sweep                          // limit
	Saved                          // limit: a snapshot of the state at that sequence number exists
)

// A Command is one operation on a store. Which fields are used depends on Op.
type Command struct {
	Op       Op
	Key      []byte
	Value    []byte
	TTL      int64
	Since    int64 // of a condition, in Unix nanoseconds
	Absent   bool  // of a condition: the key must be absent, or the condition fails; Since is not used
	Modified int64
	Deadline int64
	Pairs    []Pair
	Limit    uint64
}

// A Pair is one key of a SetMany.
type Pair struct{ Key, Value []byte }

// Append appends the encoding of c to b.
func Append(b []byte, c *Command) []byte {
	b = append(b, byte(c.Op))
	if c.Op.HasKey() {
		b = wire.AppendBytes(b, c.Key)
	}
	if c.Op.HasValue() {
		b = wire.AppendBytes(b, c.Value)
	}
	if c.Op.hasTTL() {
		b = binary.AppendVarint(b, c.TTL)
	}
	switch c.Op {
	case SetMany:
		b = binary.AppendUvarint(b, uint64(len(c.Pairs)))
		for _, p := range c.Pairs {
			b = wire.AppendBytes(wire.AppendBytes(b, p.Key), p.Value)
		}
	case SetUnmodified, DeleteUnmodified:
		if c.Absent {
			return append(b, 0)
		}
		b = binary.AppendVarint(append(b, 1), c.Since)
	case Merge:
		b = binary.AppendVarint(binary.AppendVarint(b, c.Modified), c.Deadline)
	case Sweep, Saved:
		b = binary.AppendUvarint(b, c.Limit)
	}
	return b
}

// Parse returns the first command of b and what follows it. The command refers to b.
func Parse(b []byte) (c Command, rest []byte, err error) {
	if len(b) == 0 {
		return c, nil, ErrMalformed
	}
	c.Op = Op(b[0])
	r := wire.Reader{Rest: b[1:]}
	if c.Op.HasKey() {
		c.Key = r.Bytes()
	}
	if c.Op.HasValue() {
		c.Value = r.Bytes()
	}
	if c.Op.hasTTL() {
		c.TTL = r.Varint()
	}
	switch c.Op {
	case SetMany:
		c.Pairs = pairs(&r)
	case SetUnmodified, DeleteUnmodified:
		if c.Absent = isZero(&r); !c.Absent {
			c.Since = r.Varint()
		}
	case Merge:
		c.Modified, c.Deadline = r.Varint(), r.Varint()
	case Sweep, Saved:
		c.Limit = r.Uvarint()
	default:
		r.Failed = r.Failed || c.Op < Nop || c.Op > Saved
	}
	if r.Failed {
		return Command{}, nil, ErrMalformed
	}
	return c, r.Rest, nil
}

// HasKey reports whether commands with operation o have a Key.
func (o Op) HasKey() bool {
	return o >= Set && o <= Merge && o != SetMany
}

// HasValue reports whether commands with operation o have a Value.
func (o Op) HasValue() bool {
	return o == Set || o == SetUnmodified || o == Add || o == Merge
}

func (o Op) hasTTL() bool {
	return o.HasValue() || o == SetMany || o == Touch
}
