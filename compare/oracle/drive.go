package oracle

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// A Call is one call as data. What its numbers stand for depends on the keys, the
// clock and what the oracle holds when the call is made. Any five bytes are a call.
type Call struct{ Method, Key, TTL, Time, Value uint8 }

// Calls are calls that are made one after another.
type Calls []Call

// GoString writes calls as bytes and names, runs of one call as one.
func (calls Calls) GoString() string {
	var s strings.Builder
	for i := 0; i < len(calls); {
		n := i
		for i < len(calls) && calls[i] == calls[n] {
			i++
		}
		c := calls[n]
		fmt.Fprintf(&s, "%d times {%d, %d, %d, %d, %d} (%s); ", i-n, c.Method, c.Key, c.TTL, c.Time, c.Value, c.name())
	}
	return s.String()
}

// Decode returns the calls that data stands for.
func Decode(data []byte) Calls {
	var calls Calls
	for ; len(data) >= 5; data = data[5:] {
		calls = append(calls, Call{data[0], data[1], data[2], data[3], data[4]})
	}
	return calls
}

// Compare makes the calls on s and on o, both just opened in this synctest
// bubble, and returns the first difference as an error. After each call all that
// can be observed of both must be equal. Both are closed in the end.
func Compare[K comparable](s lastmodstore.Store[K, int], o *Oracle[K, int], keys []K, calls Calls) error {
	d := &driver[K]{engine: s, oracle: o, keys: keys, start: time.Now()}
	d.replica = d.newFollower()
	s.OnRemove(func(key K, e lastmodstore.Entry[int], why lastmodstore.EventKind) {
		d.got = append(d.got, d.removal(key, e, why))
	})
	o.OnRemove(func(key K, e lastmodstore.Entry[int], why lastmodstore.EventKind) {
		d.want = append(d.want, d.removal(key, e, why))
	})
	o.engineStamp = d.engineStamp
	defer s.Close()
	for i, c := range calls {
		name, got, want := d.step(c)
		if got == want {
			name, got, want = name+", and then what can be seen", d.state(s), d.state(o)
		}
		if got != want {
			return fmt.Errorf("call %d, %s:\ngot  %s\nwant %s", i, name, got, want)
		}
	}
	d.call(s, "Close", Call{})
	d.call(o, "Close", Call{})
	if got, want := d.removals(d.got), d.removals(d.want); got != want {
		return fmt.Errorf("what OnRemove reported:\ngot  %s\nwant %s", got, want)
	}
	return nil
}

type driver[K comparable] struct {
	engine lastmodstore.Store[K, int]
	oracle *Oracle[K, int]
	keys   []K
	start  time.Time

	replica    *follower[K] // of a Sharded
	mustResync bool         // it was cleared since the replica caught up

	got, want []removal[K] // of OnRemove; got belongs to the engine's goroutine until Close
}

// engineStamp returns the engine's LastModified of key. It calls All, which neither marks
// nor counts anything, and changes no position.
func (d *driver[K]) engineStamp(key K) time.Time {
	for k, e := range d.engine.All() {
		if k == key {
			return e.LastModified
		}
	}
	return time.Time{}
}

var ttls = []time.Duration{
	lastmodstore.NoExpiry, lastmodstore.KeepTTL, 1, 2, 5, 20, time.Second, 10 * time.Minute,
	math.MaxInt64, math.MaxInt64 - 30, -2, math.MinInt64, -10, -11, -12,
}

// ttl returns the TTL that c stands for. Among entries of one deadline a bounded store may
// remove any first, which shows: there each deadline is used once.
func (d *driver[K]) ttl(c Call) time.Duration {
	ttl := ttls[int(c.TTL)%len(ttls)]
	if -12 <= ttl && ttl <= -10 { // a deadline at the end of all times, or next to it
		ttl = time.Until(latest) + ttl + 11
	}
	for ttl > 0 && d.oracle.bounded() && d.taken(func(e lastmodstore.Entry[int]) time.Time { return e.ExpiresAt }, time.Now().Add(ttl)) {
		ttl++
	}
	return ttl
}

func (d *driver[K]) taken(which func(lastmodstore.Entry[int]) time.Time, t time.Time) bool {
	return slices.ContainsFunc(d.oracle.items, func(it *item[K, int]) bool { return which(it.e).Equal(t) })
}

// item returns an entry that the oracle holds, for times that depend on one.
func (d *driver[K]) item(c Call) lastmodstore.Entry[int] {
	if len(d.oracle.items) == 0 {
		return lastmodstore.Entry[int]{LastModified: time.Now(), ExpiresAt: time.Now()}
	}
	return d.oracle.items[int(c.Value)%len(d.oracle.items)].e
}

func (d *driver[K]) time(c Call) time.Time {
	switch c.Time % 14 {
	case 0:
		return time.Time{}
	case 1, 2, 3:
		return d.item(c).LastModified
	case 4:
		return d.item(c).LastModified.Add(-1)
	case 5:
		return d.item(c).LastModified.Add(1)
	case 6:
		return time.Now()
	case 7:
		return time.Now().Add(-time.Duration(c.Value))
	case 8:
		return time.Now().Add(time.Minute)
	case 9:
		return time.Now().Add(time.Minute + 1)
	case 10:
		return earliest.AddDate(-10, 0, 0)
	case 11:
		return earliest.AddDate(10, 0, 0)
	case 12:
		return d.start.Add(-time.Duration(c.Value % 2))
	default:
		return latest.AddDate(10, 0, 0)
	}
}

// entry returns the entry that c merges. In a bounded store each time is used once, for the
// same reason as deadlines.
func (d *driver[K]) entry(c Call) lastmodstore.Entry[int] {
	e := lastmodstore.Entry[int]{Value: int(c.Value), LastModified: d.time(c), TTL: d.ttl(c)}
	for d.oracle.bounded() && d.taken(func(e lastmodstore.Entry[int]) time.Time { return e.LastModified }, e.LastModified) {
		e.LastModified = e.LastModified.Add(-1)
	}
	if e.TTL != lastmodstore.NoExpiry {
		e.ExpiresAt = time.Now().Add(e.TTL)
	}
	return e
}

// advance lets some time pass.
func (d *driver[K]) advance(c Call) string {
	till := time.Until(d.item(c).ExpiresAt)
	sleep := []time.Duration{1, till, till - 1, till + 1, 3, time.Second, 10 * time.Minute, 3 * time.Hour}[c.Time%8]
	if sleep < 24*time.Hour { // ticks of minutes: not for centuries
		time.Sleep(sleep)
		synctest.Wait()
	}
	return ""
}

// state returns all that can be observed without marking an entry as read.
//
// How many expired entries an unbounded store has removed is left to it, as long
// as they are no fewer than the oracle removes.
func (d *driver[K]) state(s lastmodstore.Store[K, int]) string {
	stats := s.Stats()
	stats.LongestSweepStep, stats.PendingRemovals = 0, 0 // they depend on the machine
	if !d.oracle.bounded() {
		stats.Expirations += uint64(stats.Entries)
		stats.Entries = 0
	}
	tooMany := ""
	if s.Len() > d.oracle.Len() {
		tooMany = fmt.Sprint(s.Len(), " instead of ", d.oracle.Len(), " entries; ")
	}
	if d.oracle.loose == nil {
		return fmt.Sprintf("%+v; ", stats) + tooMany + d.call(s, "ModifiedSince", Call{})
	}
	if s != d.engine {
		stats.Sweeps *= uint64(d.oracle.loose.shards)
	}
	return fmt.Sprintf("%+v; ", stats) + tooMany + d.call(s, "All", Call{})
}

// nanos returns the nanoseconds from the start to t, exactly for all times that a store
// can return.
func (d *driver[K]) nanos(t time.Time) int64 { return t.UnixNano() - d.start.UnixNano() }

// show returns an entry as text, with its times counted from the start.
func (d *driver[K]) show(key K, e lastmodstore.Entry[int]) string {
	since := func(t time.Time) int64 {
		if t.IsZero() {
			return -1
		}
		return d.nanos(t)
	}
	return fmt.Sprint(key, ":", e.Value, " modified ", since(e.LastModified), " ttl ", int64(e.TTL), " until ", since(e.ExpiresAt), "; ")
}

// list returns entries as text, in order of time, and those of one time by key.
func (d *driver[K]) list(pairs func(func(K, lastmodstore.Entry[int]) bool), ordered bool) string {
	type line struct {
		at   time.Time
		text string
	}
	var lines []line
	disorder := ""
	for key, e := range pairs {
		if n := len(lines); ordered && n > 0 && e.LastModified.Before(lines[n-1].at) {
			disorder = "out of order: "
		}
		lines = append(lines, line{e.LastModified, d.show(key, e)})
		if l := d.oracle.loose; l != nil && ordered {
			l.listed = later(l.listed, e.LastModified)
		}
	}
	slices.SortFunc(lines, func(a, b line) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.text, b.text)) })
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(l.text)
	}
	return disorder + text.String()
}
