// Package linear checks that a store is linearizable, expiry included: it records the
// operations of a few goroutines and has porcupine
// (github.com/anishathalye/porcupine) search for an order, each operation at one
// instant between its call and its return, that explains every result.
package linear

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/lastmodstore/lastmodstore"
)

// A Method of a store that the model knows.
type Method string

// The methods.
const (
	Get                     Method = "Get"
	GetEntry                Method = "GetEntry"
	GetMany                 Method = "GetMany"
	Set                     Method = "Set"
	SetMany                 Method = "SetMany"
	SetIfUnmodifiedSince    Method = "SetIfUnmodifiedSince"
	Touch                   Method = "Touch"
	Delete                  Method = "Delete"
	DeleteIfUnmodifiedSince Method = "DeleteIfUnmodifiedSince"
	GetAndDelete            Method = "GetAndDelete"
	Add                     Method = "Add"
	Update                  Method = "Update" // the helper: a single operation to its callers
	Cleanup                 Method = "Cleanup"
	Clear                   Method = "Clear"
	Close                   Method = "Close"
)

func (m Method) writes() bool { return m != Get && m != GetEntry && m != GetMany && m != Cleanup }

const (
	keys   = 3
	noTime = math.MinInt64 // the zero time of a condition
)

// An Input is one operation as it was requested. Times are in nanoseconds from
// the start of the history.
type Input struct {
	Call   int64
	Method Method
	Keys   []int
	Value  int
	TTL    time.Duration
	Since  int64
}

// updated returns what the function of Update makes of the value old. It does not
// commute, so that the order of two updates shows.
func (in Input) updated(old int) int { return (3*old + in.Value) % 1_000_003 }

// refuses reports whether the function of Update returns an error for old.
func (in Input) refuses(old int) bool { return in.Value%5 == 0 && old%2 == 0 }

var errRefused = errors.New("refused")

// An Output is its result.
type Output struct {
	Return  int64
	OK      bool
	Err     error
	Seen    []*Seen // for each key; nil: absent
	Refused int     // the value that the function of Update refused
	Effect  Effect
}

// Seen is an entry as it was returned.
type Seen struct {
	Value              int
	Modified, Deadline int64
}

func (s *Seen) String() string {
	if s == nil {
		return "absent"
	}
	return fmt.Sprintf("%+v", *s)
}

// A client is one goroutine that uses the store.
type client struct {
	*rand.Rand
	id      int
	store   lastmodstore.Store[string, int]
	start   time.Time
	methods []Method
	options Options
	since   [keys]int64 // the LastModified that it last saw of each key
	history []porcupine.Operation
}

var names = [keys]string{"a", "b", "c"}

// record has several goroutines make some calls each on a new store, on its nodes in
// turn, and returns the history. With closing, the first one closes its node towards
// the end.
func record(nodes []lastmodstore.Store[string, int], seed uint64, clients, calls int, closing bool, o Options) []porcupine.Operation {
	all := make([]*client, clients)
	var wg sync.WaitGroup
	begin := make(chan struct{})
	start := tightest()
	for id := range all {
		c := &client{Rand: rand.New(rand.NewPCG(seed, uint64(id))), id: id, store: nodes[id%len(nodes)], start: start, methods: methods, options: o}
		if seed%4 == 3 {
			c.methods = atOnce
		}
		for k := range c.since {
			c.since[k] = noTime
		}
		all[id] = c
		wg.Go(func() {
			<-begin
			for n := range calls {
				c.pause()
				c.do(c.input(closing && id == 0 && n == calls*3/4))
			}
		})
	}
	close(begin)
	wg.Wait()
	var history []porcupine.Operation
	for _, c := range all {
		history = append(history, c.history...)
	}
	return history
}

// pause lets others run, or a little time pass, so that calls overlap in many ways.
func (c *client) pause() {
	if c.options.Pause != nil {
		c.options.Pause()
		return
	}
	switch c.IntN(4) {
	case 0:
		runtime.Gosched()
	case 1:
		for end := time.Now().Add(time.Duration(c.IntN(5000))); time.Now().Before(end); {
		}
	}
}

var methods = []Method{
	Get, Get, GetEntry, GetEntry, Set, Set, SetIfUnmodifiedSince, SetIfUnmodifiedSince, Touch, Delete,
	DeleteIfUnmodifiedSince, GetAndDelete, Add, Add, Update, Update, GetMany, SetMany, Cleanup, Clear,
}

// atOnce are those that change or read several keys at one instant, and single reads,
// which may see half of that.
var atOnce = []Method{Get, Get, Get, GetEntry, GetEntry, GetMany, SetMany, SetMany, Clear}

func (c *client) input(closing bool) Input {
	k := c.IntN(keys)
	in := Input{
		Method: c.methods[c.IntN(len(c.methods))],
		Keys:   []int{k},
		Value:  c.IntN(1_000_000),
		TTL:    []time.Duration{lastmodstore.NoExpiry, lastmodstore.KeepTTL, time.Duration(1 + c.IntN(30_000)), time.Duration(1 + c.IntN(3000))}[c.IntN(4)],
		Since:  c.since[k],
	}
	if c.options.NoExpiry {
		in.TTL = lastmodstore.NoExpiry
	}
	switch {
	case closing:
		in.Method = Close
	case in.Method == GetMany || in.Method == SetMany:
		in.Keys = c.Perm(keys)[:2+c.IntN(keys-1)]
	case c.IntN(4) == 0:
		in.Since = noTime
	}
	return in
}

// do makes the call and records it.
func (c *client) do(in Input) {
	call := int64(time.Since(c.start))
	in.Call = call - c.slack()
	out := c.call(in)
	returned := int64(time.Since(c.start))
	if out.Err != nil && c.options.Effect != nil {
		out.Effect = c.options.Effect(out.Err)
	}
	if out.Effect == Unknown {
		returned = forever
	}
	out.Return = returned + c.slack()
	for i, seen := range out.Seen {
		if seen != nil && in.Method != Get {
			c.since[in.Keys[i]] = seen.Modified
		}
	}
	c.history = append(c.history, porcupine.Operation{ClientId: c.id, Input: in, Call: call, Output: out, Return: returned})
}

// forever is when a call returns whose effect is unknown. Durations can be added to it.
const forever = math.MaxInt64 / 4

// defaultSlack is by how much a store's timeline, which is observed as wall-clock times, may
// differ from the monotonic clock by which calls and returns are ordered.
const defaultSlack = 200 * time.Nanosecond

func (c *client) slack() int64 { return int64(cmp.Or(c.options.Slack, defaultSlack)) }

// tightest reads the clock several times and returns the reading whose wall and
// monotonic parts were taken closest together: the wall clock is read first, so
// that is the one with the wall clock furthest ahead.
func tightest() time.Time {
	best := time.Now()
	for first := best; ; {
		t := time.Now()
		if t.UnixNano()-int64(t.Sub(first)) > best.UnixNano()-int64(best.Sub(first)) {
			best = t
		}
		if t.Sub(first) > 20*time.Microsecond {
			return best
		}
	}
}
