package linear

import (
	"errors"
	"fmt"
	"math"

	"github.com/anishathalye/porcupine"

	"github.com/lastmodstore/lastmodstore"
)

// A state is a state of the store, as far as a history shows it. Times are in
// nanoseconds from the start of the history. The store's own readings of the clock
// are unknown, except that each lies within its operation: so times are ranges,
// which results make narrower.
type state struct {
	now    int64 // the least that the clock can have shown
	last   int64 // the least that the latest LastModified can have been
	closed bool
	keys   [keys]entry
}

type entry struct {
	present  bool
	value    int
	modified span
	deadline span
}

type span struct{ lo, hi int64 }

func exactly(t int64) span { return span{t, t} }

// meet narrows s to its overlap with by, and reports whether there is one.
func (s *span) meet(by span) bool {
	s.lo, s.hi = max(s.lo, by.lo), min(s.hi, by.hi)
	return s.lo <= s.hi
}

const never = math.MaxInt64

// bump is how far a LastModified may be ahead of the clock: a nanosecond for
// each modification at which the clock had not moved.
const bump = 1000

// Model models a whole store of a few keys. It is nondeterministic: whether an entry
// had expired when it was overwritten does not always show at once.
var Model = porcupine.NondeterministicModel{
	Init: func() []any { return []any{state{last: math.MinInt64}} },
	Step: func(s, in, out any) []any { return step(s.(state), in.(Input), out.(Output)) },
	DescribeOperation: func(in, out any) string {
		return fmt.Sprintf("%v: %v", in.(Input), out.(Output))
	},
}

// step returns the states that s can be in after an operation with this result; none
// if the result is impossible.
func step(s state, in Input, out Output) (next []any) {
	s.now = max(s.now, in.Call)
	switch out.Effect {
	case Nothing:
		return []any{s}
	case Unknown:
		in, out = in.succeeding(out)
		return append(step(s, in, out), s)
	}
	switch {
	case s.now > out.Return:
		return nil
	case in.Method == Close:
		return []any{state{now: s.now, last: s.last, closed: true}}
	case in.Method == Cleanup:
		return []any{s}
	case s.closed && in.Method == Update && in.refuses(0):
		// Its function finds nothing, and its error may come before ErrClosed.
		if out.Err == nil {
			return nil
		}
		return []any{s}
	case errors.Is(out.Err, lastmodstore.ErrClosed) != (s.closed && in.Method.writes()):
		return nil
	case s.closed && in.Method.writes():
		return []any{s}
	}
	if in.Method == Clear { // of all keys, whether they had expired or not
		s.keys = [keys]entry{}
		return []any{s}
	}
	for _, s := range settle(s, in.Keys, out.Return) {
		if s.apply(in, out) {
			next = append(next, s)
		}
	}
	return next
}

// succeeding returns the operation and the result of a call of unknown effect if it had
// changed something. Nothing is known of the entry that it would have returned.
func (in Input) succeeding(out Output) (Input, Output) {
	if in.Method == GetAndDelete {
		in.Method = Delete
	}
	return in, Output{Return: out.Return, OK: true, Seen: []*Seen{nil}}
}

// settle returns a state for each combination of keys whose entries can have expired
// when the operation took place.
func settle(s state, keys []int, end int64) []state {
	ways := []state{s}
	for _, k := range keys {
		var settled []state
		for _, s := range ways {
			e := &s.keys[k]
			if e.present && e.deadline.lo <= end {
				gone := s
				gone.now = max(s.now, e.deadline.lo)
				gone.keys[k] = entry{}
				settled = append(settled, gone)
			}
			if !e.present || s.now < e.deadline.hi {
				if e.present {
					e.deadline.lo = max(e.deadline.lo, s.now+1)
				}
				settled = append(settled, s)
			}
		}
		ways = settled
	}
	return ways
}

// apply applies the operation to s and reports whether the result is possible.
func (s *state) apply(in Input, out Output) bool {
	if in.Method == SetMany { // in an order of times that is not known
		before := s.last
		for i, k := range in.Keys {
			s.last = before
			if !s.put(k, in.Value+i, in, out.Return, nil) {
				return false
			}
		}
		s.last += int64(len(in.Keys)) - 1
		return true
	}
	if in.Method == GetMany {
		for i, k := range in.Keys {
			if !s.keys[k].agrees(out.Seen[i]) {
				return false
			}
		}
		return true
	}
	k := in.Keys[0]
	e := &s.keys[k]
	switch in.Method {
	case Get:
		return out.OK == e.present && (!out.OK || out.Seen[0].Value == e.value)
	case GetEntry:
		return e.agrees(out.Seen[0])
	case Set:
		return s.put(k, in.Value, in, out.Return, nil)
	case GetAndDelete:
		ok := e.agrees(out.Seen[0])
		*e = entry{}
		return ok
	case Add:
		value, ttl := in.Value, in.TTL
		if e.present {
			value, ttl = value+e.value, lastmodstore.KeepTTL
		}
		in.TTL = ttl
		return s.put(k, value, in, out.Return, out.Seen[0])
	case Update:
		switch refused := in.refuses(e.value); { // the value of an absent entry is zero
		case refused != (out.Err == errRefused):
			return false
		case refused:
			return out.Refused == e.value
		}
		return s.put(k, in.updated(e.value), in, out.Return, out.Seen[0])
	case SetIfUnmodifiedSince:
		if !e.condition(in, out.OK) {
			return false
		}
		if !out.OK {
			return e.agrees(out.Seen[0])
		}
		return s.put(k, in.Value, in, out.Return, out.Seen[0])
	case Touch:
		if out.OK && e.present {
			e.deadline = deadline(in, out.Return, e.deadline)
		}
		return out.OK == e.present
	case Delete:
		was := e.present
		*e = entry{}
		return out.OK == was
	case DeleteIfUnmodifiedSince:
		if !e.condition(in, out.OK) {
			return false
		}
		if out.OK {
			*e = entry{}
		}
		return true
	}
	panic(fmt.Sprint("linear: no model of ", in.Method))
}

// agrees reports whether seen can be e, and narrows e if it can.
func (e *entry) agrees(seen *Seen) bool {
	if seen == nil || !e.present {
		return (seen != nil) == e.present
	}
	return seen.Value == e.value && e.modified.meet(exactly(seen.Modified)) && e.deadline.meet(exactly(seen.Deadline))
}

// condition reports whether the entry can have been unmodified since the given time
// if held, or modified otherwise.
func (e *entry) condition(in Input, held bool) bool {
	switch {
	case in.Since == noTime: // holds if the key is absent, for a set; never for a delete
		return held == (!e.present && in.Method == SetIfUnmodifiedSince)
	case !e.present:
		return !held
	case held:
		return e.modified.meet(span{math.MinInt64, in.Since})
	default:
		return e.modified.meet(span{in.Since + 1, math.MaxInt64})
	}
}

// put stores an entry; seen is what is known of it, or nil.
//
// A write reads the clock first and takes effect later: a read that waits for no
// writer may return the earlier entry at a time after the new one's LastModified. So
// LastModified is only known not to be before the write's call.
func (s *state) put(k, value int, in Input, end int64, seen *Seen) bool {
	kept := exactly(never)
	if s.keys[k].present {
		kept = s.keys[k].deadline
	}
	e := entry{true, value, span{max(in.Call, s.last+1), end + bump}, deadline(in, end, kept)}
	if seen != nil && !e.agrees(seen) || e.modified.lo > e.modified.hi {
		return false
	}
	if seen != nil && in.TTL > 0 {
		s.now = max(s.now, seen.Deadline-int64(in.TTL)) // what the clock showed
	}
	s.last = e.modified.lo
	s.keys[k] = e
	return true
}

// deadline returns the deadline that in.TTL gives; kept is the present one.
func deadline(in Input, end int64, kept span) span {
	switch in.TTL {
	case lastmodstore.KeepTTL:
		return kept
	case lastmodstore.NoExpiry:
		return exactly(never)
	}
	return span{in.Call + int64(in.TTL), end + int64(in.TTL)}
}
