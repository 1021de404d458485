// Package linear checks that a store is linearizable, expiry included: it
// records what a few goroutines see of it and asks porcupine
// (github.com/anishathalye/porcupine) for an order of their operations, each
// at one instant between its call and its return, that explains every answer.
package linear

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
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
	Cleanup                 Method = "Cleanup"
	Close                   Method = "Close"
)

func (m Method) writes() bool { return m != Get && m != GetEntry && m != GetMany && m != Cleanup }

const (
	keys   = 3
	noTime = math.MinInt64 // the zero time of a condition
)

// An Input is one operation as it was asked for. Times are in nanoseconds from
// the start of the history.
type Input struct {
	Call   int64
	Method Method
	Keys   []int
	Value  int
	TTL    time.Duration
	Since  int64
}

// An Output is its answer.
type Output struct {
	Return int64
	OK     bool
	Err    error
	Seen   []*Seen // for each key; nil: absent
}

// Seen is an entry as it was answered.
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
	since   [keys]int64 // the LastModified that it last saw of each key
	history []porcupine.Operation
}

var names = [keys]string{"a", "b", "c"}

// Record has so many goroutines make so many calls each on s, and answers what
// they saw. With closing, the first one closes s in the end. The store is
// young: nobody has used it before.
func Record(s lastmodstore.Store[string, int], seed uint64, clients, calls int, closing bool) []porcupine.Operation {
	all := make([]*client, clients)
	var wg sync.WaitGroup
	begin := make(chan struct{})
	start := time.Now()
	for id := range all {
		c := &client{Rand: rand.New(rand.NewPCG(seed, uint64(id))), id: id, store: s, start: start}
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

// pause lets others run, or a little time pass, so that calls fall beside each
// other in many ways.
func (c *client) pause() {
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
	DeleteIfUnmodifiedSince, GetMany, SetMany, Cleanup,
}

func (c *client) input(closing bool) Input {
	k := c.IntN(keys)
	in := Input{
		Method: methods[c.IntN(len(methods))],
		Keys:   []int{k},
		Value:  c.IntN(1_000_000),
		TTL:    []time.Duration{lastmodstore.NoExpiry, lastmodstore.KeepTTL, time.Duration(1 + c.IntN(30_000)), time.Duration(1 + c.IntN(3000))}[c.IntN(4)],
		Since:  c.since[k],
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

// do makes the call and writes it down.
func (c *client) do(in Input) {
	in.Call = int64(time.Since(c.start))
	out := c.call(in)
	out.Return = int64(time.Since(c.start))
	for i, seen := range out.Seen {
		if seen != nil && in.Method != Get {
			c.since[in.Keys[i]] = seen.Modified
		}
	}
	c.history = append(c.history, porcupine.Operation{ClientId: c.id, Input: in, Call: in.Call, Output: out, Return: out.Return})
}

func (c *client) call(in Input) (out Output) {
	var name string
	if len(in.Keys) > 0 {
		name = names[in.Keys[0]]
	}
	since := time.Time{}
	if in.Since != noTime {
		since = c.start.Add(time.Duration(in.Since))
	}
	switch in.Method {
	case Get:
		var value int
		value, out.OK = c.store.Get(name)
		out.Seen = []*Seen{{Value: value}}
	case GetEntry:
		var e lastmodstore.Entry[int]
		e, out.OK = c.store.GetEntry(name)
		out.Seen = []*Seen{c.seen(e, out.OK)}
	case GetMany:
		var asked []string
		for _, k := range in.Keys {
			asked = append(asked, names[k])
		}
		got := c.store.GetMany(asked)
		for _, name := range asked {
			e, ok := got[name]
			out.Seen = append(out.Seen, c.seen(e, ok))
		}
	case Set:
		out.Err = c.store.Set(name, in.Value, in.TTL)
	case SetMany:
		values := map[string]int{}
		for i, k := range in.Keys {
			values[names[k]] = in.Value + i
		}
		out.Err = c.store.SetMany(values, in.TTL)
	case SetIfUnmodifiedSince:
		var e lastmodstore.Entry[int]
		e, out.OK, out.Err = c.store.SetIfUnmodifiedSince(name, in.Value, in.TTL, since)
		out.Seen = []*Seen{c.seen(e, e != lastmodstore.Entry[int]{})}
	case Touch:
		out.OK, out.Err = c.store.Touch(name, in.TTL)
	case Delete:
		out.OK, out.Err = c.store.Delete(name)
	case DeleteIfUnmodifiedSince:
		out.OK, out.Err = c.store.DeleteIfUnmodifiedSince(name, since)
	case Cleanup:
		c.store.Cleanup()
	case Close:
		out.Err = c.store.Close()
	}
	return out
}

func (c *client) seen(e lastmodstore.Entry[int], ok bool) *Seen {
	if !ok {
		return nil
	}
	seen := &Seen{e.Value, int64(e.LastModified.Sub(c.start)), never}
	if !e.ExpiresAt.IsZero() {
		seen.Deadline = int64(e.ExpiresAt.Sub(c.start))
	}
	return seen
}

// Check records one history of a store that open opens, closes the store, and
// answers an error if the history is not linearizable. It says where the
// picture of it was written.
func Check(open func(cleanupInterval time.Duration) lastmodstore.Store[string, int], seed uint64) error {
	interval := []time.Duration{0, 20 * time.Microsecond}[seed%2]
	s := open(interval)
	history := Record(s, seed, 4, 10, seed%3 == 0)
	if err := s.Close(); err != nil {
		return err
	}
	result, draw := check(history)
	if result == porcupine.Ok {
		return nil
	}
	f, err := os.CreateTemp("", "history-*.html")
	if err != nil {
		return err
	}
	defer f.Close()
	if err := draw(f.Name()); err != nil {
		return err
	}
	return fmt.Errorf("history of seed %d: linearizable is %s; see %s", seed, result, f.Name())
}
